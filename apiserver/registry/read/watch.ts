import { expired } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { StorageError, type WatchEvent, type Watcher, type WatchOptions } from "../../storage/storage.ts";
import type { Resource } from "../resource.ts";
import type { ReadParameters } from "../store.ts";
import { asStatusError, tooLargeResourceVersion } from "../to-status.ts";
import { refuseWatchParameters, watchVersion } from "./read-version.ts";
import { selectionOf } from "./selection.ts";

/**
 * WATCH of a collection. What goes wrong with the start (a resourceVersion too old) is thrown by the iteration, because
 * clients are told by an event of a stream that has begun.
 * @throws StatusError for parameters
 */
export async function watch(resource: Resource, ctx: RequestContext, read: ReadParameters): Promise<Watcher> {
  refuseWatchParameters(read);
  const { prefix, key, predicate } = selectionOf(resource, ctx, read);
  const from = startOf(read);
  const options: WatchOptions = {
    from,
    ...(predicate !== undefined && { predicate }),
    bookmarks: read.allowWatchBookmarks,
    ...(read.timeoutSeconds !== undefined && { endsInMs: read.timeoutSeconds * 1000 }),
    signal: ctx.signal,
  };
  const describe = (error: unknown) => watchError(resource, from, error);
  try {
    const watcher = await resource.storage.watch(key ?? prefix, options);
    return new StatusWatcher(resource.view.watcher(watcher), describe);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return failedWatcher(describe(error));
  }
}

function startOf(read: ReadParameters): WatchOptions["from"] {
  const version = watchVersion(read);
  if (read.sendInitialEvents === true) return { kind: "snapshot", read: version };
  if (version.kind === "notOlderThan") return { kind: "after", revision: version.revision };
  if (read.sendInitialEvents === false) return { kind: "now", read: version };
  return { kind: "snapshot", read: version };
}

function watchError(resource: Resource, from: WatchOptions["from"], error: unknown): unknown {
  if (error instanceof StorageError && error.code === "Expired") {
    const wanted = from.kind === "after" ? from.revision : 0n;
    if (error.currentRevision === undefined) {
      return expired("The resourceVersion for the provided watch is too old.");
    }
    return expired(`too old resource version: ${wanted} (${error.currentRevision})`);
  }
  if (error instanceof StorageError && error.code === "FutureRevision" && from.kind === "snapshot") {
    const wanted = from.read.kind === "notOlderThan" ? String(from.read.revision) : "";
    return tooLargeResourceVersion(wanted, error.currentRevision ?? 0n, error);
  }
  return asStatusError(error, { ref: resource.ref, name: "" });
}

/** A watcher whose failures are StatusErrors. */
class StatusWatcher implements Watcher {
  readonly id: number;
  readonly #inner: Watcher;
  readonly #describe: (error: unknown) => unknown;

  constructor(inner: Watcher, describe: (error: unknown) => unknown) {
    this.id = inner.id;
    this.#inner = inner;
    this.#describe = describe;
  }

  onOverflow(listener: () => void): void {
    this.#inner.onOverflow(listener);
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly WatchEvent[]> {
    const iterator = this.#inner[Symbol.asyncIterator]();
    const fail = (error: unknown): never => {
      throw this.#describe(error);
    };
    return {
      next: () => iterator.next().catch(fail),
      return: async (value) => iterator.return?.(value) ?? { done: true, value },
    };
  }
}

function failedWatcher(error: unknown): Watcher {
  return {
    id: 0,
    onOverflow: () => undefined,
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
  };
}

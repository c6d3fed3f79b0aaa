import type { Logger } from "../../../component-base/logger.ts";
import { prefixEnd } from "../etcd3/kv-messages.ts";
import type { Transport } from "../etcd3/transport.ts";
import type { EtcdEvent } from "../etcd3/watch-messages.ts";
import { type WatchEnd, watchEtcd } from "../etcd3/watch-stream.ts";
import { StorageError } from "../storage.ts";
import type { CacheWatcher } from "./cache-watcher.ts";
import { CachedObject } from "./cached-object.ts";
import type { Cacher } from "./cacher.ts";
import { Change } from "./change.ts";

export interface BacklogDeps {
  readonly transport: Transport;
  readonly prefix: string;
  readonly cacher: Cacher;
  readonly log: Logger;
  readonly stop: AbortSignal;
}

interface Reader {
  readonly watcher: CacheWatcher;
  readonly wants: (storageKey: string) => boolean;
  /** Joins the reader to the live changes. */
  readonly join: () => void;
}

/**
 * Changes older than the window, read from etcd for watchers that resume from there: typically all of them after this
 * process was started again. Reads the whole prefix, because only then is it certain where it meets the window: at the
 * first change that is not below the window's floor. Watchers share one reading where it begins early enough.
 */
export class Backlogs {
  readonly #deps: BacklogDeps;
  readonly #open = new Set<Backlog>();

  constructor(deps: BacklogDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @param after - the last revision the watcher has seen */
  add(reader: Reader, after: bigint): void {
    for (const backlog of this.#open) {
      if (backlog.after > after) continue;
      backlog.add(reader);
      return;
    }
    const backlog = new Backlog(after, this.#deps, () => this.#open.delete(backlog));
    this.#open.add(backlog);
    backlog.add(reader);
    backlog.start();
  }

  remove(watcher: CacheWatcher): void {
    for (const backlog of this.#open) backlog.remove(watcher);
  }
}

class Backlog {
  readonly after: bigint;
  readonly #deps: BacklogDeps;
  readonly #onDone: () => void;
  readonly #readers = new Map<CacheWatcher, Reader>();
  readonly #changes: Change[] = [];
  readonly #stopped = new AbortController();

  constructor(after: bigint, deps: BacklogDeps, onDone: () => void) {
    this.after = after;
    this.#deps = deps;
    this.#onDone = onDone;
  }

  add(reader: Reader): void {
    this.#readers.set(reader.watcher, reader);
    for (const change of this.#changes) offer(reader, change);
  }

  remove(watcher: CacheWatcher): void {
    if (this.#readers.delete(watcher) && this.#readers.size === 0) this.#finish();
  }

  start(): void {
    const { transport, prefix, stop } = this.#deps;
    watchEtcd(
      transport,
      { key: prefix, rangeEnd: prefixEnd(prefix), startRevision: this.after + 1n, prevKv: true },
      { events: (events) => this.#take(events), end: (end) => this.#fail(end) },
      { signal: AbortSignal.any([stop, this.#stopped.signal]) },
    );
  }

  #take(events: readonly EtcdEvent[]): void {
    for (const event of events) {
      const change = toChange(event);
      this.#changes.push(change);
      for (const reader of [...this.#readers.values()]) offer(reader, change);
    }
    const { history } = this.#deps.cacher;
    const last = this.#changes.at(-1)?.revision ?? 0n;
    if (last < history.floor) return;
    const readers = [...this.#readers.values()];
    this.#readers.clear();
    this.#finish();
    for (const reader of readers) {
      for (const change of history.after(last)) offer(reader, change);
      // This reading may be ahead of the live one, which then brings the same changes again.
      reader.watcher.skipTo(last);
      reader.join();
    }
  }

  #fail(end: WatchEnd): void {
    const readers = [...this.#readers.keys()];
    this.#readers.clear();
    this.#finish();
    for (const watcher of readers) {
      if (end.kind === "compacted") {
        watcher.fail(
          new StorageError("Expired", "", "required revision has been compacted", { currentRevision: end.oldest }),
        );
      } else {
        this.#deps.log.debug({ err: end.error }, "reading old changes was cut short; the watcher resumes");
        watcher.end();
      }
    }
  }

  #finish(): void {
    this.#onDone();
    this.#stopped.abort();
  }
}

function offer({ watcher, wants }: Reader, change: Change): void {
  if (wants(change.storageKey)) watcher.onChange(change);
}

function toChange({ type, kv, prevKv }: EtcdEvent): Change {
  const previous = prevKv && new CachedObject(kv.key, prevKv.modRevision, Buffer.from(prevKv.value));
  const current = type === "put" ? new CachedObject(kv.key, kv.modRevision, Buffer.from(kv.value)) : undefined;
  return new Change(kv.key, kv.modRevision, previous, current);
}

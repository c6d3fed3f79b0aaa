import { expired, StatusError } from "../../../api/status.ts";
import type { ReadParameters, ResourceStore } from "../../registry/store.ts";
import { StorageError, type Watcher } from "../../storage/storage.ts";
import { commonHeaders, isAnswered } from "../encode/respond.ts";
import { eventEncoder } from "../encode/watch-events.ts";
import { WatchStream } from "../encode/watch-stream.ts";
import type { Exchange } from "../exchange.ts";
import { negotiate } from "../negotiate.ts";
import { readParameters } from "../parameters.ts";
import { truthy } from "../request-info.ts";
import type { Handler, HandlerDeps } from "./handler.ts";

/** Why a watch ended that was not the client's doing; its stream ends cleanly. */
const watchTimeout = new Error("the watch has lasted its time");
/** A client that is only slow gets this long for what was written to it before its buffer overflowed. */
const overflowGraceMs = 2_000;

export const watch: Handler = async (exchange, store, deps) => {
  const { info } = exchange;
  const representation = negotiate(exchange.accept, "watch");
  const read = readParameters(info.query);
  const byPath = info.path.includes("/watch/");
  const named = byPath && info.name !== "" && read.fieldSelector === "";
  const encode = eventEncoder(exchange, { kind: store.kind, representation, ...deps });
  const timeoutSeconds = read.timeoutSeconds || deps.minWatchSeconds * (1 + deps.random());
  const selected = {
    ...read,
    timeoutSeconds,
    ...(named && { fieldSelector: `metadata.name=${info.name}` }),
    // The path alone does not make it a watch when its parameters are judged, and so nothing forbids a token there.
    ...(byPath && !truthy(info.query.get("watch")) && { continue: "" }),
  };
  const timer = deps.clock.setTimer(timeoutSeconds * 1000, () => exchange.abort(watchTimeout));
  try {
    const opened = await open(() => store.watch(exchange, selected));
    if (isAnswered(exchange)) return;
    const { response } = exchange;
    response.writeHead(200, commonHeaders(exchange, "application/json", framing(exchange)));
    response.flushHeaders();
    const stream = new WatchStream(response, exchange);
    if (opened instanceof StatusError) await stream.send(encode.error(opened.status));
    else await run(exchange, { watcher: opened, stream, encode, store, deps, read });
    response.end();
  } finally {
    timer.cancel();
  }
};

/** HTTP/1.0 knows no chunks: there the body ends with the connection. */
const framing = ({ request }: Exchange): readonly string[] =>
  request.httpVersionMinor === 0 ? [] : ["Transfer-Encoding", "chunked"];

/** A revision that is gone or not yet there is told in the stream, everything else by the HTTP status. */
async function open(start: () => Promise<Watcher>): Promise<Watcher | StatusError> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof StatusError && (error.code === 410 || error.code === 504)) return error;
    throw error;
  }
}

interface Running {
  readonly watcher: Watcher;
  readonly stream: WatchStream;
  readonly encode: ReturnType<typeof eventEncoder>;
  readonly store: ResourceStore;
  readonly deps: HandlerDeps;
  readonly read: ReadParameters;
}

async function run(exchange: Exchange, running: Running): Promise<void> {
  const { watcher, stream, encode, store, deps, read } = running;
  const { observer, clock } = deps;
  const { requestId, user, userAgent, info } = exchange;
  const counter = deps.metrics.watchOpened(store.kind);
  watcher.onOverflow(() => {
    counter.terminated++;
    endSlowWatch(exchange, deps);
  });
  observer?.watchOpened({
    watcherId: watcher.id,
    requestId,
    user,
    userAgent,
    path: info.path,
    atMs: clock.monotonicMs(),
  });
  try {
    for await (const events of watcher) {
      const batch = read.allowWatchBookmarks ? events : events.filter(({ type }) => type !== "BOOKMARK");
      if (batch.length === 0) continue;
      counter.events += batch.length;
      const full = stream.write(encode.batch(batch));
      if (observer !== undefined) {
        const revisions: bigint[] = [];
        for (const event of batch) if (event.type !== "BOOKMARK") revisions.push(event.revision);
        observer.watchDelivered({ watcherId: watcher.id, revisions, atMs: clock.monotonicMs() });
      }
      if (full) await stream.drained();
      if (exchange.aborted) return;
    }
  } catch (error) {
    if (exchange.aborted) return;
    const status = watchFailure(error, read.resourceVersion);
    if (status === undefined) throw error;
    await stream.send(encode.error(status.status));
  } finally {
    deps.metrics.watchClosed(store.kind);
    observer?.watchClosed({ watcherId: watcher.id, atMs: clock.monotonicMs() });
  }
}

/**
 * The watch is over already. Its stream ends as soon as the client has taken what was written; one that reads nothing would
 * keep that, and its connection, for ever.
 */
function endSlowWatch(exchange: Exchange, { clock, log }: HandlerDeps): void {
  const { requestId, user, info, response } = exchange;
  log.info({ requestId, user: user.name, path: info.path }, "a watcher reads too slowly; its watch ends");
  const timer = clock.setTimer(overflowGraceMs, () => response.destroy());
  response.once("close", () => timer.cancel());
}

/** What the client is told when a running watch breaks; undefined for what is nobody's to know. */
function watchFailure(error: unknown, from: string): StatusError | undefined {
  if (error instanceof StatusError) return error;
  if (!(error instanceof StorageError)) return undefined;
  const oldest = error.currentRevision === undefined ? "" : ` (${error.currentRevision})`;
  if (error.code === "Expired") return expired(`too old resource version: ${from}${oldest}`);
  return undefined;
}

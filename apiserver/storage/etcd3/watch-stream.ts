import type { Transport } from "./transport.ts";
import { decodeWatch, type EtcdEvent, encodeWatchCreate, type WatchCreateRequest } from "./watch-messages.ts";

/** Why a watch on etcd ended. `compacted`: its start revision is gone; `oldest` is the first that could still be asked for. */
export type WatchEnd =
  | { readonly kind: "compacted"; readonly oldest: bigint }
  | { readonly kind: "lost"; readonly error: Error | undefined };

export interface WatchHandlers {
  /** etcd has registered the watch. */
  created?(): void;
  /** Whole revisions, in order: fragments have been put together. */
  events(events: readonly EtcdEvent[]): void;
  /** Called once, last; not after an abort. */
  end(end: WatchEnd): void;
}

export interface EtcdWatch {
  /** It seems to lag: unless its member proves that it serves, the watch ends, and may be resumed on another one. */
  suspect(): void;
}

/** One watch on a stream of its own. It never repeats or skips a revision; resuming is the caller's. */
export function watchEtcd(
  transport: Transport,
  request: WatchCreateRequest,
  handlers: WatchHandlers,
  options: { signal: AbortSignal },
): EtcdWatch {
  let fragments: EtcdEvent[] = [];
  let ended = false;
  const end = (reason: WatchEnd) => {
    if (ended) return;
    ended = true;
    handlers.end(reason);
  };
  const stream = transport.stream(
    "/etcdserverpb.Watch/Watch",
    {
      message(payload) {
        const response = decodeWatch(payload);
        if (response.canceled) {
          stream.cancel();
          if (response.compactRevision > 0n) end({ kind: "compacted", oldest: response.compactRevision + 1n });
          else end({ kind: "lost", error: new Error(response.cancelReason || "canceled by etcd") });
          return;
        }
        if (response.created) handlers.created?.();
        if (response.fragment) {
          fragments.push(...response.events);
        } else if (fragments.length > 0) {
          const whole = [...fragments, ...response.events];
          fragments = [];
          handlers.events(whole);
        } else if (response.events.length > 0) {
          handlers.events(response.events);
        }
      },
      end: (error) => end({ kind: "lost", error }),
    },
    options,
  );
  stream.send(encodeWatchCreate(request));
  return { suspect: () => stream.suspect?.() };
}

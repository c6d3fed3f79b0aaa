import type { UserInfo } from "./request-context.ts";

/** A request that has been answered, or whose client has gone. */
export interface FinishedRequest {
  readonly requestId: string;
  readonly user: UserInfo;
  readonly verb: string;
  readonly path: string;
  readonly userAgent: string;
  /** What the sender said it had seen when it decided to ask (header {@link seenRevisionHeader}); empty if it did not say. */
  readonly seenRevision: string;
  /** HTTP status; 0 when the client went before the answer. */
  readonly code: number;
  /** Monotonic ms of the gateway's clock, as all times here. */
  readonly startedMs: number;
  readonly endedMs: number;
}

export interface OpenedWatch {
  readonly watcherId: number;
  readonly requestId: string;
  readonly user: UserInfo;
  readonly userAgent: string;
  readonly path: string;
  readonly atMs: number;
}

/** What one write handed to one watcher. */
export interface Delivery {
  readonly watcherId: number;
  /** Revisions of the events, ascending; bookmarks are left out. */
  readonly revisions: readonly bigint[];
  readonly atMs: number;
}

/** Is told what the gateway did; called off the hot path, once per request and once per batch of a watch. Must not throw. */
export interface Observer {
  requestFinished(request: FinishedRequest): void;
  watchOpened(watch: OpenedWatch): void;
  watchClosed(watch: { readonly watcherId: number; readonly atMs: number }): void;
  watchDelivered(delivery: Delivery): void;
}

/** Our own clients send the newest resourceVersion they acted upon. */
export const seenRevisionHeader = "gatehouse-seen-revision";

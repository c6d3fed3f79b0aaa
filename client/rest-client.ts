import type { Kind } from "../api/kind.ts";
import type { ApiList, ApiObject, ObjectKey } from "../api/meta.ts";

/** Query and identity common to all calls. */
export interface CallOptions {
  readonly signal: AbortSignal;
  /**
   * The revision the caller acted upon (an informer's last seen one): sent in the `Gatehouse-Seen-Revision` header, so that
   * the gateway's recorder can tell cause from effect.
   */
  readonly seenRevision?: string;
}

export interface ListCallOptions extends CallOptions {
  /** Empty or absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface WatchCallOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "NotOlderThan";
  readonly sendInitialEvents?: boolean;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
}

export interface DeleteCallOptions extends CallOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface WatchStreamEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

export type ClientPatch =
  | { readonly type: "merge"; readonly body: unknown }
  | { readonly type: "strategic"; readonly body: unknown }
  | { readonly type: "json"; readonly body: readonly unknown[] };

/**
 * Typed calls on one API server. A failure Status is thrown as `StatusError` (api/status.ts); a server that cannot be
 * reached as `ConnectionError`. Answers 429 and 5xx with Retry-After are retried up to 10 times; a write whose outcome is
 * unknown never is.
 */
export interface RestClient {
  get<T extends ApiObject>(kind: Kind<T>, key: ObjectKey, options: CallOptions): Promise<T>;
  list<T extends ApiObject>(kind: Kind<T>, options: ListCallOptions): Promise<ApiList<T>>;
  /**
   * Ends when the server ends the stream. An ERROR event is thrown as StatusError. The iteration's buffer is bounded by
   * the socket: a slow reader slows the sender.
   */
  watch<T extends ApiObject>(kind: Kind<T>, options: WatchCallOptions): AsyncIterable<WatchStreamEvent<T>>;
  /** POSTs to the collection, or with `subresource` to `…/{name}/{subresource}`. */
  create<T extends ApiObject>(
    kind: Kind<T>,
    object: T,
    options: CallOptions & { readonly namespace?: string },
  ): Promise<T>;
  createSubresource<B, R>(kind: Kind, key: ObjectKey, subresource: string, body: B, options: CallOptions): Promise<R>;
  update<T extends ApiObject>(
    kind: Kind<T>,
    object: T,
    options: CallOptions & { readonly subresource?: string },
  ): Promise<T>;
  patch<T extends ApiObject>(
    kind: Kind<T>,
    key: ObjectKey,
    patch: ClientPatch,
    options: CallOptions & { readonly subresource?: string },
  ): Promise<T>;
  /** Resolves with the object or Status that the server answered. */
  delete(kind: Kind, key: ObjectKey, options: DeleteCallOptions): Promise<unknown>;
  deleteCollection(kind: Kind, options: DeleteCallOptions & Omit<ListCallOptions, "signal">): Promise<void>;
  /** Any path: discovery, health, our own endpoints. Answers the parsed JSON, or the text if it is none. */
  raw(method: string, path: string, options: CallOptions & { readonly body?: unknown }): Promise<unknown>;
  /** Closes all connections. */
  close(): Promise<void>;
}

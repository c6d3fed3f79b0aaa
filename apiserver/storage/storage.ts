import type { ApiObject } from "../../api/meta.ts";

/**
 * The closed set of ways in which storage fails.
 * `Unavailable`: nothing was written, or the call only read. `Unknown`: a write may or may not have happened, or may happen
 * yet, and could not be settled by reading back. `Expired`: a continue token or exact revision that etcd has compacted.
 * `Overloaded`: etcd has more requests than it can work off; nothing was written. `NoSpace`, `CorruptCluster`: etcd has
 * raised an alarm and refuses until an operator has seen to it. `Refused`: the gateway itself may not do this in etcd.
 */
export type StorageErrorCode =
  | "NotFound"
  | "Exists"
  | "Conflict"
  | "Expired"
  | "FutureRevision"
  | "TooLarge"
  | "NoSpace"
  | "Overloaded"
  | "CorruptCluster"
  | "Refused"
  | "Unavailable"
  | "Unknown"
  | "Corrupt";

/** What storage throws, and nothing else; `registry` translates it once into a StatusError. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly storageKey: string;
  /** `FutureRevision`: where the store is now. `Expired`: the oldest revision still there, if known. */
  readonly currentRevision: bigint | undefined;

  constructor(
    code: StorageErrorCode,
    storageKey: string,
    message: string,
    options: { cause?: unknown; currentRevision?: bigint } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "StorageError";
    this.code = code;
    this.storageKey = storageKey;
    this.currentRevision = options.currentRevision;
  }
}

/**
 * One object at one revision. Shared by all who read it, so deeply read-only: clone before changing anything.
 * The bytes are spliced once, when the revision is first seen, and served as they are to GET, LIST and every watcher.
 */
export interface StoredObject<T extends ApiObject = ApiObject> {
  /** Full etcd key, e.g. `/registry/pods/default/web`. */
  readonly storageKey: string;
  /** mod_revision. For a deleted object: the revision of the delete. */
  readonly revision: bigint;
  /** The parsed object, kind and apiVersion included, metadata.resourceVersion = revision. */
  readonly object: Readonly<T>;
  /** The same as JSON in UTF-8, no newline at the end. */
  bytes(): Buffer;
  /** The same without kind and apiVersion, as the items of a built-in list are written. */
  itemBytes(): Buffer;
  /** All of {@link itemBytes} but its first byte, `{`; where it is a view on what is in memory, and so costs no copy. */
  itemTail?(): Buffer;
}

/** How new a read must be: consistent with all writes that ended before it, anything in memory, or not older than N. */
export type ReadVersion =
  | { readonly kind: "consistent" }
  | { readonly kind: "any" }
  | { readonly kind: "notOlderThan"; readonly revision: bigint };

/** Whoever waits. The signal may be made when it is first looked at: look only when there is something to wait for. */
export interface Waiting {
  readonly signal: AbortSignal;
}

export interface ReadOptions extends Waiting {
  readonly version: ReadVersion;
}

/** Tells whether an object is wanted; pure and quick, called for every object or event of a prefix. */
export type Predicate = (object: Readonly<ApiObject>) => boolean;

export interface ListOptions extends Waiting {
  /** `exact` reads one revision: a page after the first, or resourceVersionMatch=Exact. */
  readonly version: ReadVersion | { readonly kind: "exact"; readonly revision: bigint };
  /** Items to return at most; 0 = all. Applied after `predicate`. */
  readonly limit: number;
  /** Last key returned so far; the list goes on after it. Empty: from the beginning. */
  readonly after: string;
  /** Absent: everything below the prefix. */
  readonly predicate?: Predicate;
}

export interface ListResult {
  /** In key order. */
  readonly items: readonly StoredObject[];
  /** The revision of the snapshot that `items` are of. */
  readonly revision: bigint;
  /** There is more after the last item. */
  readonly more: boolean;
  /** Keys after the last item, counted without the predicate; only if `more`. */
  readonly remaining: number;
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

export interface WatchEvent {
  readonly type: WatchEventType | "BOOKMARK";
  /** The revision of the change; a bookmark: everything up to it has been sent. */
  readonly revision: bigint;
  /** New state; for DELETED the last state with `revision` as its resourceVersion. Absent for a bookmark. */
  readonly object?: StoredObject;
  /** The bookmark that ends the initial events. */
  readonly initialEventsEnd?: boolean;
  /** `{"type":…,"object":…}\n`, encoded once however many watchers are sent it. Empty for bookmarks: the caller knows the kind. */
  line(): Buffer;
}

export interface WatchOptions {
  /**
   * `after`: changes with a revision above this one. `snapshot`: first every present object as ADDED (at a version read
   * as `read` says), then a bookmark event with `initialEventsEnd`, then changes. `now`: changes from here on.
   */
  readonly from:
    | { readonly kind: "after"; readonly revision: bigint }
    | { readonly kind: "snapshot"; readonly read: ReadVersion }
    | { readonly kind: "now"; readonly read: ReadVersion };
  /** Objects entering or leaving the predicate are ADDED or DELETED, as Kubernetes does. */
  readonly predicate?: Predicate;
  /** Send bookmark events now and then, and one shortly before the watch has lasted `endsInMs`. */
  readonly bookmarks: boolean;
  /** Absent: it is not known how long the watch will last. */
  readonly endsInMs?: number;
  /** Ends the watch: the iteration finishes without an error. */
  readonly signal: AbortSignal;
}

/**
 * Events in batches, in revision order, each revision whole. Ends without error when the signal is aborted or, after what its
 * bounded buffer holds, when the consumer was too slow: it resumes from its last revision. Throws StorageError `Expired` when
 * `after` has left the history.
 */
export interface Watcher extends AsyncIterable<readonly WatchEvent[]> {
  readonly id: number;
  /** Called once if the buffer overflows, while the consumer may be waiting for something else. Replaces an earlier listener. */
  onOverflow(listener: () => void): void;
}

/** What a guarded update wants done with the object it was shown. */
export type UpdateDecision =
  | { readonly kind: "put"; readonly object: ApiObject; readonly ttlSeconds?: number }
  | { readonly kind: "delete" }
  /** Nothing to change: no revision is made. */
  | { readonly kind: "keep" };

/** Who asked, for the recorder; storage only hands it on. */
export interface Cause {
  readonly requestId: string;
}

export interface WriteContext {
  readonly cause?: Cause;
  readonly signal: AbortSignal;
}

/**
 * Objects by etcd key. Reads are served from memory, writes are one Txn each.
 * `object`s given to it become shared: the caller must not touch them afterwards.
 */
export interface Storage {
  /** @throws StorageError `Exists` */
  create(storageKey: string, object: ApiObject, options: WriteContext & { ttlSeconds?: number }): Promise<StoredObject>;

  /** @throws StorageError `NotFound` */
  get(storageKey: string, options: ReadOptions): Promise<StoredObject>;

  /** @param prefix - ends with `/` @throws StorageError `Expired`, `FutureRevision` */
  list(prefix: string, options: ListOptions): Promise<ListResult>;

  /** @param prefix - ends with `/`, or is one whole key */
  watch(prefix: string, options: WatchOptions): Promise<Watcher>;

  /**
   * Shows `decide` the current object (first perhaps a stale one from memory) and carries out what it says under the
   * guard of the revision shown; shows it the newer one and asks again when another writer was faster. What `decide` throws
   * about a stale object is thrown only after a fresh read led to the same.
   * `decide` gets `undefined` where the key is missing and may answer `put` to create it.
   * @returns the new state; for `delete` the last state at the revision of the delete; for `keep` what is there.
   * @throws StorageError `NotFound` when `decide` keeps or deletes a missing key
   */
  update(
    storageKey: string,
    decide: (current: StoredObject | undefined) => UpdateDecision | Promise<UpdateDecision>,
    options: WriteContext,
  ): Promise<UpdateResult>;

  /** What memory holds right now, without waiting; for authorizers and admission. */
  readonly cached: CachedReader;

  /** Where the cache stands. */
  currentRevision(): bigint;
}

export interface UpdateResult {
  readonly kind: "created" | "updated" | "deleted" | "kept";
  readonly stored: StoredObject;
}

export interface CachedReader {
  get(storageKey: string): StoredObject | undefined;
  /** @param prefix - ends with `/` */
  list(prefix: string): Iterable<StoredObject>;
  /** Calls back after each change below `prefix`, in order; returns the way to stop. */
  onChange(prefix: string, callback: (event: WatchEvent) => void): () => void;
}

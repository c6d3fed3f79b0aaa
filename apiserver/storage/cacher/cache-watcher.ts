import type { Predicate, WatchEvent, Watcher } from "../storage.ts";
import type { CachedObject } from "./cached-object.ts";
import { bookmark, type Change, ObjectEvent } from "./change.ts";
import type { Deliverable, Deliveries } from "./deliveries.ts";
import type { ChangeListener } from "./tree.ts";

/** Objects of a snapshot that go into one batch. */
const SNAPSHOT_BATCH = 256;

export interface CacheWatcherOptions {
  readonly id: number;
  /** Only changes above this revision are sent. */
  readonly after: bigint;
  readonly predicate: Predicate | undefined;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly signal: AbortSignal;
  readonly deliveries: Deliveries;
  /** Called once, when the watch is over for whatever reason. */
  readonly onEnd: (watcher: CacheWatcher) => void;
}

type IterationResult = IteratorResult<readonly WatchEvent[], undefined>;

interface Parked {
  resolve(result: IterationResult): void;
  reject(error: unknown): void;
}

/**
 * One watch: a bounded list of pending events and at most one consumer waiting for them. Offering an event costs a
 * comparison, the predicate and a push; a parked consumer is woken when its turn comes, with all that has gathered by then.
 */
export class CacheWatcher implements Watcher, ChangeListener, Deliverable {
  readonly id: number;
  readonly #predicate: Predicate | undefined;
  readonly #maxPending: number;
  readonly #maxPendingBytes: number;
  readonly #onEnd: (watcher: CacheWatcher) => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.end();
  readonly #deliveries: Deliveries;
  #overflowed: () => void = () => undefined;
  #after: bigint;
  #pending: WatchEvent[] = [];
  #pendingBytes = 0;
  #snapshot: readonly CachedObject[] = [];
  #snapshotAt = 0;
  #parked: Parked | undefined;
  #inLine = false;
  #state: "open" | "ended" | { readonly failed: unknown } = "open";

  constructor(options: CacheWatcherOptions) {
    this.id = options.id;
    this.#after = options.after;
    this.#predicate = options.predicate;
    this.#maxPending = options.maxPending;
    this.#maxPendingBytes = options.maxPendingBytes;
    this.#onEnd = options.onEnd;
    this.#signal = options.signal;
    this.#deliveries = options.deliveries;
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Sends these first, as ADDED, then the bookmark that ends the initial events. */
  begin(objects: readonly CachedObject[], revision: bigint): void {
    this.#snapshot = objects;
    this.#after = revision;
    this.#pending.push(bookmark(revision, { initialEventsEnd: true }));
  }

  onChange(change: Change): void {
    if (change.revision <= this.#after || this.#state !== "open") return;
    let event: ObjectEvent | undefined;
    try {
      event = this.#eventFor(change);
    } catch (error) {
      // A predicate that fails, or a value that is corrupt, is this watch's end and nobody else's business.
      this.fail(error);
      return;
    }
    if (event === undefined) return;
    this.#pendingBytes += event.object.sizeBytes;
    this.#push(event);
  }

  /** Everything up to `revision` has been offered. */
  skipTo(revision: bigint): void {
    if (revision > this.#after) this.#after = revision;
  }

  /** Says that everything up to `revision` has been sent. */
  bookmark(revision: bigint): void {
    if (this.#state === "open" && revision >= this.#after) this.#push(bookmark(revision, { initialEventsEnd: false }));
  }

  onOverflow(listener: () => void): void {
    this.#overflowed = listener;
  }

  end(): void {
    this.#finish("ended");
  }

  fail(error: unknown): void {
    this.#finish({ failed: error });
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly WatchEvent[], undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.end();
        this.#takePending();
        this.#snapshot = [];
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #eventFor(change: Change): ObjectEvent | undefined {
    const predicate = this.#predicate;
    if (predicate === undefined) return change.event();
    const { previous, current } = change;
    return change.transition(
      previous !== undefined && predicate(previous.object),
      current !== undefined && predicate(current.object),
    );
  }

  #push(event: WatchEvent): void {
    this.#pending.push(event);
    if (this.#parked !== undefined) {
      if (this.#inLine) return;
      this.#inLine = true;
      this.#deliveries.add(this);
    } else if (this.#pending.length > this.#maxPending || this.#pendingBytes > this.#maxPendingBytes) {
      this.#overflow(event);
    }
  }

  /**
   * Takes nothing more. What is pending can still be read: whoever resumes from far behind must get on by a buffer each
   * time. A revision is told whole or not at all, since its watcher resumes behind it.
   */
  #overflow(event: WatchEvent): void {
    const last = this.#pending.findLastIndex(({ revision }) => revision < event.revision);
    if (last < 0) return;
    this.#pending.length = last + 1;
    this.end();
    this.#overflowed();
  }

  deliver(): void {
    this.#inLine = false;
    const parked = this.#parked;
    if (parked === undefined || this.#pending.length === 0) return;
    this.#parked = undefined;
    parked.resolve({ done: false, value: this.#takePending() });
  }

  #next(): Promise<IterationResult> {
    if (this.#snapshotAt < this.#snapshot.length) return Promise.resolve({ done: false, value: this.#snapshotBatch() });
    if (this.#pending.length > 0) return Promise.resolve({ done: false, value: this.#takePending() });
    if (this.#state === "ended") return Promise.resolve({ done: true, value: undefined });
    if (this.#state !== "open") return Promise.reject(this.#state.failed);
    return new Promise((resolve, reject) => {
      this.#parked = { resolve, reject };
    });
  }

  #takePending(): WatchEvent[] {
    const batch = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return batch;
  }

  #snapshotBatch(): WatchEvent[] {
    const objects = this.#snapshot.slice(this.#snapshotAt, this.#snapshotAt + SNAPSHOT_BATCH);
    this.#snapshotAt += objects.length;
    if (this.#snapshotAt >= this.#snapshot.length) {
      this.#snapshot = [];
      this.#snapshotAt = 0;
    }
    return objects.map((object) => new ObjectEvent("ADDED", object.revision, object));
  }

  #finish(state: "ended" | { readonly failed: unknown }): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#onEnd(this);
    const parked = this.#parked;
    this.#parked = undefined;
    if (state === "ended") parked?.resolve({ done: true, value: undefined });
    else parked?.reject(state.failed);
  }
}

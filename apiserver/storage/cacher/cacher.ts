import type { Clock } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import type { KeyValue } from "../etcd3/kv-messages.ts";
import type { EtcdEvent } from "../etcd3/watch-messages.ts";
import type { StorageObserver } from "../observer.ts";
import type { CachedReader, WatchEvent } from "../storage.ts";
import { StorageError } from "../storage.ts";
import { CachedObject } from "./cached-object.ts";
import { Change } from "./change.ts";
import { History, type HistoryLimits } from "./history.ts";
import type { PendingWrites } from "./pending-writes.ts";
import { type ChangeListener, ObjectTree, type Slot } from "./tree.ts";

interface Waiter {
  readonly revision: bigint;
  readonly wake: (reached: boolean) => void;
}

export interface CacherOptions {
  readonly prefix: string;
  readonly pending: PendingWrites;
  readonly limits: HistoryLimits;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer?: StorageObserver | undefined;
}

/**
 * State and events in memory: the newest object of every key, and the window of changes that led there.
 * Everything here is synchronous; the feed puts in, readers and watchers take out.
 */
export class Cacher {
  readonly tree: ObjectTree;
  readonly history: History;
  readonly #pending: PendingWrites;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #observer: StorageObserver | undefined;
  /** The state is that of this revision. */
  #revision = 0n;
  /** The watch has shown everything up to this revision; below {@link #revision} only where that was proven otherwise. */
  #fed = 0n;
  /** The revision the state was first loaded at: how things stood before is not known. */
  #loaded = 0n;
  /** Objects that came and will go again between the watch and a proven revision. */
  readonly #passing = new Map<string, CachedObject>();
  #waiters: Waiter[] = [];
  #onGap: () => void = () => undefined;

  constructor(options: CacherOptions) {
    this.#pending = options.pending;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#observer = options.observer;
    this.tree = new ObjectTree(options.prefix, 0n);
    this.history = new History(0n, options.limits, options.clock);
  }

  revision(): bigint {
    return this.#revision;
  }

  /** Everything up to here has been handed to the watchers. */
  fedRevision(): bigint {
    return this.#fed;
  }

  loadedRevision(): bigint {
    return this.#loaded;
  }

  count(): number {
    return this.tree.size;
  }

  /** Fills the empty cache with one page of the state at `revision`. */
  load(kvs: readonly KeyValue[]): void {
    for (const kv of kvs) this.tree.put(new CachedObject(kv.key, kv.modRevision, kv.value));
  }

  /** The state is complete. */
  loaded(revision: bigint): void {
    this.#loaded = revision;
    this.#fed = revision;
    this.tree.root.touch(revision);
    this.history.reset(revision);
    this.#advance(revision);
  }

  /** Whom to tell that changes were missed for good, before the state jumps over them. Replaces an earlier listener. */
  onGap(listener: () => void): void {
    this.#onGap = listener;
  }

  /**
   * After the watch was lost and its revision compacted: takes over the state at `revision`. What happened in between cannot
   * be told, so the window begins anew and watches end; callbacks, which only want to be up to date, get the difference.
   */
  replace(kvs: readonly KeyValue[], revision: bigint): void {
    this.#onGap();
    const present = new Set<string>();
    const changed: KeyValue[] = [];
    for (const kv of kvs) {
      present.add(kv.key);
      if (this.tree.get(kv.key)?.revision !== kv.modRevision) changed.push(kv);
    }
    changed.sort((a, b) => (a.modRevision < b.modRevision ? -1 : 1));
    const gone = [...this.tree.keys()].filter((key) => !present.has(key));
    this.#passing.clear();
    this.history.reset(this.#fed);
    for (const kv of changed) this.#put(kv.key, kv.modRevision, kv.value);
    for (const key of gone) this.#delete(key, revision);
    this.history.reset(revision);
    this.#pending.dropAnswered(revision);
    this.#loaded = revision;
    this.#fed = revision;
    this.#advance(revision);
  }

  /** Whole revisions from the watch, in order. */
  apply(events: readonly EtcdEvent[]): void {
    let revision = this.#fed;
    for (const { type, kv } of events) {
      if (kv.modRevision <= this.#fed) continue;
      revision = kv.modRevision;
      if (type === "put") this.#put(kv.key, revision, kv.value);
      else this.#delete(kv.key, revision);
    }
    this.#fed = revision;
    if (this.#passing.size > 0 && revision >= this.#revision) this.#passing.clear();
    if (revision > this.#revision) this.#advance(revision);
  }

  /** Memory has been compared with the store at `revision` and found equal. */
  proven(revision: bigint): void {
    if (revision > this.#revision) this.#advance(revision);
  }

  reached(revision: bigint, options: { timeoutMs: number; signal: AbortSignal }): Promise<boolean> {
    if (this.#revision >= revision) return Promise.resolve(true);
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const settle = () => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
      };
      const onAbort = () => {
        settle();
        reject(new StorageError("Unavailable", "", "the request was given up", { cause: signal.reason }));
      };
      const waiter: Waiter = {
        revision,
        wake: (reached) => {
          settle();
          resolve(reached);
        },
      };
      const timer = this.#clock.setTimer(options.timeoutMs, () => waiter.wake(false));
      if (signal.aborted) onAbort();
      else {
        signal.addEventListener("abort", onAbort, { once: true });
        this.#waiters.push(waiter);
      }
    });
  }

  /** Slots below a prefix that ends with `/`, in key order. */
  slots(prefix: string): readonly Slot[] {
    return this.tree.folder(prefix).slots();
  }

  readonly reader: CachedReader = {
    get: (storageKey) => this.tree.get(storageKey),
    list: (prefix) => objectsOf(this.slots(prefix)),
    onChange: (prefix, callback) => this.tree.listen(prefix, new CallbackListener(callback, this.#log)),
  };

  #put(key: string, revision: bigint, value: Buffer): void {
    const own = this.#pending.seen(key, revision, value);
    // The event's bytes are a view into a whole network buffer, which must not live as long as the object does.
    const current = own?.stored ?? new CachedObject(key, revision, Buffer.from(value));
    if (!this.#parses(current)) {
      this.#delete(key, revision);
      return;
    }
    const change = new Change(key, revision, this.#passing.get(key) ?? this.tree.get(key), current);
    if (revision > this.#revision) this.tree.put(current);
    else this.#passing.set(key, current);
    this.#dispatch(change, own === undefined);
  }

  #delete(key: string, revision: bigint): void {
    const own = this.#pending.seen(key, revision, undefined);
    const change = new Change(key, revision, this.#passing.get(key) ?? this.tree.get(key), undefined);
    if (revision > this.#revision) this.tree.delete(key, revision);
    this.#passing.delete(key);
    this.#dispatch(change, own === undefined);
  }

  #dispatch(change: Change, foreign: boolean): void {
    this.history.add(change);
    this.tree.notify(change);
    if (this.#observer === undefined) return;
    const type = change.current === undefined ? "DELETED" : change.previous === undefined ? "ADDED" : "MODIFIED";
    this.#observer.event({
      storageKey: change.storageKey,
      revision: change.revision,
      type,
      atMs: this.#clock.monotonicMs(),
      foreign,
    });
  }

  #parses(object: CachedObject): boolean {
    try {
      return object.object !== undefined;
    } catch (err) {
      this.#log.error({ err, key: object.storageKey, revision: String(object.revision) }, "a value in etcd is corrupt");
      return false;
    }
  }

  #advance(revision: bigint): void {
    this.#revision = revision;
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters.filter((candidate) => candidate.revision <= revision)) waiter.wake(true);
  }
}

function* objectsOf(slots: readonly Slot[]): Generator<CachedObject> {
  for (const { current } of slots) if (current !== undefined) yield current;
}

/** A callback that fails must not stop the dispatch to everybody else. */
class CallbackListener implements ChangeListener {
  readonly #callback: (event: WatchEvent) => void;
  readonly #log: Logger;

  constructor(callback: (event: WatchEvent) => void, log: Logger) {
    this.#callback = callback;
    this.#log = log;
  }

  onChange(change: Change): void {
    try {
      const event = change.event();
      if (event !== undefined) this.#callback(event);
    } catch (err) {
      this.#log.error({ err, key: change.storageKey }, "a listener failed");
    }
  }
}

import type { Clock, Timer } from "../component-base/clock.ts";

/**
 * A queue of keys in which a key is never worked on twice at once, adds while it is worked on cause exactly one more
 * run, and none is lost. @see k8s.io/client-go v0.36.0 util/workqueue/queue.go
 */
export interface WorkQueue<K> {
  add(key: K): void;
  /** Adds once `delayMs` has passed; the earliest pending time of a key wins. */
  addAfter(key: K, delayMs: number): void;
  /** Adds after the back-off of this key (5 ms doubling to 1000 s). */
  addRateLimited(key: K): void;
  /** Forgets the failures of a key. */
  forget(key: K): void;
  /** Failures since the last `forget`. */
  failures(key: K): number;
  readonly length: number;
}

/** Throw to retry with back-off. */
export type Result = { readonly kind: "done" } | { readonly kind: "requeueAfter"; readonly delayMs: number };

/** The queue as its workers see it. Keys are compared as a Set compares them, so they should be strings. */
export interface WorkerQueue<K> extends WorkQueue<K> {
  /** The next key, once there is one; every key taken is given back with `done`. `undefined`: shut down and empty. */
  take(): Promise<K | undefined>;
  done(key: K): void;
  /** Accepts nothing more; workers get what is queued, then `undefined`. */
  shutDown(): void;
}

export interface WorkQueueOptions {
  /** First delay of `addRateLimited`. Default 5 ms. */
  readonly baseDelayMs?: number;
  /** Longest delay of `addRateLimited`. Default 1000 s. */
  readonly maxDelayMs?: number;
}

export function createWorkQueue<K>(deps: { clock: Clock }, options: WorkQueueOptions = {}): WorkerQueue<K> {
  return new Queue<K>(deps.clock, options);
}

class Queue<K> implements WorkerQueue<K> {
  readonly #clock: Clock;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  /** In order of arrival; what has been taken from the front stays as a hole until half of the array is holes. */
  #queue: K[] = [];
  #head = 0;
  /** Waiting to be worked on, whether in the queue or behind a run of the same key. */
  readonly #dirty = new Set<K>();
  readonly #processing = new Set<K>();
  readonly #delayed = new Map<K, { readonly dueMs: number; readonly timer: Timer }>();
  readonly #failures = new Map<K, number>();
  readonly #takers: ((key: K | undefined) => void)[] = [];
  #shutDown = false;

  constructor(clock: Clock, options: WorkQueueOptions) {
    this.#clock = clock;
    this.#baseDelayMs = options.baseDelayMs ?? 5;
    this.#maxDelayMs = options.maxDelayMs ?? 1_000_000;
  }

  get length(): number {
    return this.#queue.length - this.#head;
  }

  add(key: K): void {
    if (this.#shutDown || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#push(key);
  }

  addAfter(key: K, delayMs: number): void {
    if (this.#shutDown) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const pending = this.#delayed.get(key);
    if (pending !== undefined) {
      if (pending.dueMs <= dueMs) return;
      pending.timer.cancel();
    }
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  addRateLimited(key: K): void {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(this.#baseDelayMs * 2 ** failures, this.#maxDelayMs));
  }

  forget(key: K): void {
    this.#failures.delete(key);
  }

  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  take(): Promise<K | undefined> {
    if (this.length > 0) return Promise.resolve(this.#shift());
    if (this.#shutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: K): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key)) this.#push(key);
  }

  shutDown(): void {
    this.#shutDown = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #push(key: K): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#queue.push(key);
    else taker(this.#begin(key));
  }

  #shift(): K {
    const key = this.#queue[this.#head++] as K;
    if (this.#head * 2 > this.#queue.length && this.#head > 32) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return this.#begin(key);
  }

  #begin(key: K): K {
    this.#dirty.delete(key);
    this.#processing.add(key);
    return key;
  }
}

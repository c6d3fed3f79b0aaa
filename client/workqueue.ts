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

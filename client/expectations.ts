import type { Clock } from "../component-base/clock.ts";

interface Expected {
  creations: number;
  /** Deletions by the children's UIDs, so that a repeated event does not count twice. */
  readonly deletions: Set<string>;
  readonly sinceMs: number;
}

const expiryMs = 5 * 60_000;

/**
 * What a controller has done to an owner's children and has not seen in its cache yet. While something is outstanding the
 * cache is behind, and creating or deleting on its word would do so twice.
 * @see k8s.io/kubernetes v1.36.0 pkg/controller/controller_utils.go
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #byOwner = new Map<string, Expected>();

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  /** Call before the first of `count` creations; replaces what was expected of this owner. */
  expectCreations(owner: string, count: number): void {
    this.#byOwner.set(owner, { creations: count, deletions: new Set(), sinceMs: this.#clock.monotonicMs() });
  }

  /** Call before the first deletion; replaces what was expected of this owner. */
  expectDeletions(owner: string, uids: Iterable<string>): void {
    this.#byOwner.set(owner, { creations: 0, deletions: new Set(uids), sinceMs: this.#clock.monotonicMs() });
  }

  /** `count` children have appeared, or will not because their creation failed. */
  creationObserved(owner: string, count = 1): void {
    const expected = this.#byOwner.get(owner);
    if (expected !== undefined) expected.creations -= count;
  }

  /** This child is gone, is on its way out, or its deletion failed. */
  deletionObserved(owner: string, uid: string): void {
    this.#byOwner.get(owner)?.deletions.delete(uid);
  }

  /** Whether the owner's children may be created or deleted now. Expectations older than five minutes hold nobody up. */
  satisfied(owner: string): boolean {
    const expected = this.#byOwner.get(owner);
    if (expected === undefined) return true;
    if (expected.creations <= 0 && expected.deletions.size === 0) return true;
    return this.#clock.monotonicMs() - expected.sinceMs > expiryMs;
  }

  /** The owner is gone. */
  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }
}

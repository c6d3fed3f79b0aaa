import type { ApiObject } from "../api/meta.ts";
import type { Clock } from "../component-base/clock.ts";

/** After this long a write that the cache has not shown holds nobody up: the store may have been restored from a backup. */
const expiryMs = 5_000;

interface Written {
  revision: bigint;
  atMs: number;
}

/**
 * What a controller has written about each key. Until its cache has caught up with that, working on the key again would
 * lose a race against itself, or do the same thing twice; the event that brings the cache up to date also queues the key.
 */
export class WrittenRevisions {
  readonly #clock: Clock;
  readonly #written = new Map<string, Written>();

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  /** Takes the server's answer to a write. */
  note(key: string, answer: ApiObject): void {
    const revision = BigInt(answer.metadata?.resourceVersion ?? "0");
    if (revision <= (this.#written.get(key)?.revision ?? 0n)) return;
    this.#written.set(key, { revision, atMs: this.#clock.monotonicMs() });
  }

  /** Whether a cache that has seen everything up to this revision has seen all that was written about the key. */
  isSeen(key: string, lastSeenRevision: string): boolean {
    const written = this.#written.get(key);
    if (written === undefined) return true;
    const expired = this.#clock.monotonicMs() - written.atMs > expiryMs;
    if (!expired && BigInt(lastSeenRevision || "0") < written.revision) return false;
    this.#written.delete(key);
    return true;
  }

  forget(key: string): void {
    this.#written.delete(key);
  }
}

/** For the unlikely case that the event does not come. */
export const untilSeen = { kind: "requeueAfter", delayMs: 1_000 } as const;

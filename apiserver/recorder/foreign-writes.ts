import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import type { EventRecord } from "../storage/observer.ts";

export interface ForeignWritesDeps {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: Pick<Logger, "warn">;
  /** Whether etcd may end the object by itself, by a lease. */
  readonly expires: (storageKey: string) => boolean;
}

/** At most one line in this time. */
const quietMs = 60_000;

/**
 * Revisions in etcd that this gateway did not make: counted, and told to the operator, because only gateways may write
 * there. Where several gateways share one etcd they are the others'.
 */
export class ForeignWrites {
  readonly #deps: ForeignWritesDeps;
  #count = 0;
  #untold = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ForeignWritesDeps) {
    this.#deps = deps;
  }

  /** Ended leases included. */
  get count(): number {
    return this.#count;
  }

  seen(record: EventRecord): void {
    const { clock, log, expires } = this.#deps;
    const { storageKey, revision, type } = record;
    this.#count++;
    if (type === "DELETED" && expires(storageKey)) return;
    this.#untold++;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#toldMs < quietMs) return;
    log.warn(
      { key: storageKey, revision: String(revision), change: type, writes: this.#untold },
      "etcd was written to by somebody else: another gateway, or past all gateways",
    );
    this.#toldMs = nowMs;
    this.#untold = 0;
  }
}

import type { ClusterEvent } from "./cluster-event.ts";

/**
 * Pods that are being scheduled, and what happened in the cluster since each was taken from the queue: a Pod that turns
 * out not to fit must not sleep through the event that would have let it fit.
 */
export class InFlightEvents {
  /** Position of the first event after the Pod was taken; in order of taking, so the first entry is the oldest. */
  readonly #since = new Map<string, number>();
  #events: ClusterEvent[] = [];
  /** How many events have been dropped from the front. */
  #dropped = 0;

  begin(uid: string): void {
    this.#since.delete(uid);
    this.#since.set(uid, this.#dropped + this.#events.length);
  }

  record(event: ClusterEvent): void {
    if (this.#since.size > 0) this.#events.push(event);
  }

  /** What happened while this Pod was in flight. */
  eventsFor(uid: string): readonly ClusterEvent[] {
    const since = this.#since.get(uid);
    return since === undefined ? [] : this.#events.slice(since - this.#dropped);
  }

  end(uid: string): void {
    this.#since.delete(uid);
    const [oldest] = this.#since.values();
    if (oldest === undefined) {
      this.#dropped += this.#events.length;
      this.#events = [];
    } else if (oldest - this.#dropped > 0) {
      this.#events.splice(0, oldest - this.#dropped);
      this.#dropped = oldest;
    }
  }
}

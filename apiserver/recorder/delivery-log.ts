/**
 * Which revisions one watcher was handed, and when: the newest `capacity` of them. Plain numbers in two flat arrays, since
 * every event notes one for every watcher. (Revisions stay exact below 2^53.)
 */
export class DeliveryLog {
  readonly #revisions: Float64Array;
  readonly #times: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#revisions = new Float64Array(capacity);
    this.#times = new Float64Array(capacity);
  }

  note(revision: bigint, atMs: number): void {
    const slot = this.#count++ % this.#revisions.length;
    this.#revisions[slot] = Number(revision);
    this.#times[slot] = atMs;
  }

  /** When the revision was handed over; undefined if it was not, or is no longer known. */
  timeOf(revision: bigint): number | undefined {
    const slot = this.#revisions.indexOf(Number(revision));
    return slot < 0 || slot >= this.#count ? undefined : this.#times[slot];
  }
}

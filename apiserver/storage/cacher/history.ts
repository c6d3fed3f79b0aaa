import type { Clock } from "../../../component-base/clock.ts";
import type { Change } from "./change.ts";

export interface HistoryLimits {
  readonly maxChanges: number;
  readonly maxBytes: number;
  /** Changes older than this are given up even when there is room. */
  readonly maxAgeMs: number;
}

/** How many of the newest changes keep their parsed form; older ones are parsed again when somebody asks. */
const PARSED_CHANGES = 2_048;
/** Dropped entries are cut off the array in lots. */
const SWEEP = 1_024;

/** A sliding window over the newest changes of all kinds, in revision order, without gaps. */
export class History {
  readonly #limits: HistoryLimits;
  readonly #clock: Pick<Clock, "monotonicMs">;
  #changes: (Change | undefined)[] = [];
  #arrivedMs: number[] = [];
  /** As they were on arrival: an object's size changes when it is spliced. */
  #sizes: number[] = [];
  #first = 0;
  #bytes = 0;
  /** Every change above this revision is in the window. */
  #floor: bigint;

  constructor(floor: bigint, limits: HistoryLimits, clock: Pick<Clock, "monotonicMs">) {
    this.#floor = floor;
    this.#limits = limits;
    this.#clock = clock;
  }

  get floor(): bigint {
    return this.#floor;
  }

  get size(): number {
    return this.#changes.length - this.#first;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  add(change: Change): void {
    const nowMs = this.#clock.monotonicMs();
    this.#changes.push(change);
    this.#arrivedMs.push(nowMs);
    const sizeBytes = change.sizeBytes;
    this.#sizes.push(sizeBytes);
    this.#bytes += sizeBytes;
    const shed = this.#changes[this.#changes.length - 1 - PARSED_CHANGES];
    if (shed?.previous !== undefined) shed.previous.shed();
    this.#trim(nowMs);
  }

  /** Forgets everything: what comes next does not join on to it. */
  reset(floor: bigint): void {
    this.#changes = [];
    this.#arrivedMs = [];
    this.#sizes = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#floor = floor;
  }

  /** Changes with a revision above `revision`, which must not lie below the floor. */
  *after(revision: bigint): Generator<Change> {
    for (let at = this.#indexAfter(revision); at < this.#changes.length; at++) {
      const change = this.#changes[at];
      if (change !== undefined) yield change;
    }
  }

  #indexAfter(revision: bigint): number {
    let low = this.#first;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? 0n) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Drops whole revisions only, so that the floor stays true. */
  #trim(nowMs: number): void {
    const { maxChanges, maxBytes, maxAgeMs } = this.#limits;
    for (;;) {
      const oldest = this.#changes[this.#first];
      if (oldest === undefined || this.size <= 1) break;
      const tooOld = nowMs - (this.#arrivedMs[this.#first] ?? 0) > maxAgeMs;
      if (!tooOld && this.size <= maxChanges && this.#bytes <= maxBytes) break;
      this.#floor = oldest.revision;
      while (this.#changes[this.#first]?.revision === oldest.revision) this.#drop();
    }
    if (this.#first >= SWEEP && this.#first * 2 >= this.#changes.length) {
      this.#changes = this.#changes.slice(this.#first);
      this.#arrivedMs = this.#arrivedMs.slice(this.#first);
      this.#sizes = this.#sizes.slice(this.#first);
      this.#first = 0;
    }
  }

  #drop(): void {
    this.#bytes -= this.#sizes[this.#first] ?? 0;
    this.#changes[this.#first] = undefined;
    this.#first++;
  }
}

import type { Clock } from "../component-base/clock.ts";

export interface JitteredBackoffOptions {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Up to this fraction of the delay is added at random. */
  readonly jitter: number;
  /** The delay starts over when this long passes without a failure. */
  readonly resetAfterMs: number;
}

/** Delays between attempts of one thing that keeps failing. */
export class JitteredBackoff {
  readonly #options: JitteredBackoffOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  #nextMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: JitteredBackoffOptions, deps: { clock: Clock; random?: (() => number) | undefined }) {
    this.#options = options;
    this.#clock = deps.clock;
    this.#random = deps.random ?? Math.random;
    this.#nextMs = options.initialMs;
  }

  /** How long to wait after the failure that has just happened. */
  nextDelayMs(): number {
    const { initialMs, factor, maxMs, jitter, resetAfterMs } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs > resetAfterMs) this.#nextMs = initialMs;
    this.#lastMs = nowMs;
    const delayMs = this.#nextMs * (1 + jitter * this.#random());
    this.#nextMs = Math.min(this.#nextMs * factor, maxMs);
    return delayMs;
  }
}

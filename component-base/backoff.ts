/** How a delay grows from one failure to the next. */
export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  /** Default 2. */
  readonly factor?: number;
}

/** Delays that grow from failure to failure, and start again after `reset()`. */
export class Backoff {
  readonly #options: BackoffOptions;
  #nextMs: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#nextMs = options.initialMs;
  }

  /** How long to wait before the next try, milliseconds. */
  next(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * (this.#options.factor ?? 2), this.#options.maxMs);
    return delayMs;
  }

  reset(): void {
    this.#nextMs = this.#options.initialMs;
  }
}

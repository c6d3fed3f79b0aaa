/** At most so many at once. */
export class Slots {
  readonly #limit: number;
  readonly #waiters = new Set<() => void>();
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#taken >= this.#limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Runs `work` in a slot, waiting for no other; whoever adds more than the limit asks `whenFree` first. */
  async run(work: () => Promise<void>): Promise<void> {
    this.#taken++;
    try {
      await work();
    } finally {
      this.#taken--;
      for (const wake of [...this.#waiters]) wake();
    }
  }

  whenFree(options: { signal: AbortSignal }): Promise<void> {
    return this.#until(() => !this.isFull, options.signal);
  }

  /** Resolves when nothing runs any more. */
  whenIdle(): Promise<void> {
    return this.#until(() => this.#taken === 0);
  }

  #until(reached: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (signal?.aborted !== true && !reached()) return;
        this.#waiters.delete(check);
        signal?.removeEventListener("abort", check);
        if (signal?.aborted === true) reject(signal.reason);
        else resolve();
      };
      this.#waiters.add(check);
      signal?.addEventListener("abort", check, { once: true });
      check();
    });
  }
}

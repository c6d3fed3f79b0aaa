import { Backoff } from "../../component-base/backoff.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Running } from "../../component-base/running.ts";
import { UserError } from "../user-error.ts";

/** A component whose code is loaded and that waits for its turn. */
export interface Prepared {
  /** Resolves when it is ready; rejects with a sentence that says why it is not. */
  start(): Promise<Running>;
  /** Ends it before it is ready: not started yet, or in the middle of starting. */
  discard(): Promise<void>;
}

export interface SuperviseOptions {
  readonly name: string;
  /** Called for the first start and for every restart. */
  readonly prepare: () => Promise<Prepared>;
  readonly clock: Clock;
  /** Tells the user: one line. */
  readonly say: (line: string) => void;
}

/** A run of this length clears the memory of earlier failures. */
const steadyMs = 10_000;

/**
 * A component that is started again when it ends, with growing delays. Make one, `start()` it once, `stop()` it once.
 * `preload()` before that lets its code load while something else starts.
 */
export class Supervised {
  readonly name: string;
  readonly #options: SuperviseOptions;
  readonly #backoff = new Backoff({ initialMs: 100, maxMs: 10_000 });
  readonly #stopping = new AbortController();
  #prepared: Promise<Prepared> | undefined;
  #launching: Promise<Running> | undefined;
  #running: Running | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: SuperviseOptions) {
    this.name = options.name;
    this.#options = options;
  }

  preload(): void {
    this.#prepared ??= this.#options.prepare();
    // Whoever starts or stops it sees the failure.
    this.#prepared.catch(() => undefined);
  }

  /**
   * Resolves when it is ready for the first time. A failure of this first start is not tried again.
   * @throws UserError with a sentence; its log says more
   */
  async start(): Promise<void> {
    const running = await this.#launch().catch((error: unknown) => {
      const problem = error instanceof Error ? error.message : String(error);
      throw new UserError(`${this.name} ${problem}`, { cause: error });
    });
    this.#loop = this.#watch(running);
  }

  /** Rejects with a sentence when it had to be killed. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    const prepared = await this.#prepared?.catch(() => undefined);
    await prepared?.discard();
    await this.#launching?.catch(() => undefined);
    await this.#running?.stop();
    await this.#loop;
  }

  #launch(): Promise<Running> {
    this.#launching = this.#launchPrepared();
    return this.#launching;
  }

  async #launchPrepared(): Promise<Running> {
    this.preload();
    try {
      const prepared = await this.#prepared;
      this.#stopping.signal.throwIfAborted();
      if (prepared === undefined) throw new Error("nothing was prepared");
      this.#running = await prepared.start();
    } finally {
      // `stop()` discards what it finds here; it has found it already if it came meanwhile.
      this.#prepared = undefined;
    }
    this.#stopping.signal.throwIfAborted();
    return this.#running;
  }

  async #watch(first: Running): Promise<void> {
    const { clock, name, say } = this.#options;
    let running: Running | undefined = first;
    while (!this.#stopping.signal.aborted) {
      const startedMs = clock.monotonicMs();
      let problem = "ended by itself";
      try {
        running ??= await this.#launch();
        await running.done;
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      }
      running = undefined;
      this.#running = undefined;
      if (this.#stopping.signal.aborted) return;
      if (clock.monotonicMs() - startedMs > steadyMs) this.#backoff.reset();
      const delayMs = this.#backoff.next();
      say(`${name} ${problem}; starting it again in ${delayMs} ms`);
      await clock.sleep(delayMs, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }
}

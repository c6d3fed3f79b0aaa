import { Backoff } from "../../component-base/backoff.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Running } from "../../component-base/running.ts";
import { UserError } from "../user-error.ts";
import { aborted } from "./stop-request.ts";

/** A component that runs, and as which process, if it has one of its own. */
export interface RunningProcess extends Running {
  readonly pid?: number;
}

/** A component whose code is loaded and that waits for its turn. */
export interface Prepared {
  /** Resolves when it is ready; rejects with a sentence that says why it is not. */
  start(): Promise<RunningProcess>;
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

/** `held`: down until {@link Supervised.resume}. `waiting`: it has ended and is started again after a pause. */
export type SupervisedState = "idle" | "starting" | "running" | "waiting" | "held" | "stopped";

/** How a component ended that nobody had asked to. */
export interface UnexpectedEnd {
  readonly error: unknown;
  /** Milliseconds since 1970, as the other. */
  readonly atMs: number;
  /** Absent when it ended before it was ready. */
  readonly startedAtMs?: number;
}

/** A run of this length clears the memory of earlier failures. */
const steadyMs = 10_000;

/**
 * A component that is started again when it ends, with growing delays. Make one, `start()` it once, `stop()` it once.
 * `preload()` before that lets its code load while something else starts; `hold()` keeps it down until `resume()`.
 */
export class Supervised {
  readonly name: string;
  readonly #options: SuperviseOptions;
  readonly #backoff = new Backoff({ initialMs: 100, maxMs: 10_000 });
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<() => void>();
  #prepared: Promise<Prepared> | undefined;
  #launching: Promise<RunningProcess> | undefined;
  #running: RunningProcess | undefined;
  #loop: Promise<void> = Promise.resolve();
  #state: SupervisedState = "idle";
  #held = false;
  /** Ends whatever the loop waits for between two runs. */
  #pause = new AbortController();
  #startedAtMs: number | undefined;
  #restarts = 0;
  #lastEnd: UnexpectedEnd | undefined;

  constructor(options: SuperviseOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get state(): SupervisedState {
    return this.#state;
  }

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** When it was last ready, in milliseconds since 1970. */
  get startedAtMs(): number | undefined {
    return this.#startedAtMs;
  }

  /** How often it was started again, whether it had ended by itself or had been held. */
  get restarts(): number {
    return this.#restarts;
  }

  get lastEnd(): UnexpectedEnd | undefined {
    return this.#lastEnd;
  }

  /** Calls `listener` after every change of state; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
      throw new UserError(`${this.name} ${sentence(error)}`, { cause: error });
    });
    this.#loop = this.#watch(running);
  }

  /** Ends it and keeps it down. @throws when it had to be killed; it is down all the same */
  async hold(): Promise<void> {
    if (this.#held || this.#stopping.signal.aborted) return;
    this.#held = true;
    try {
      await this.#end();
    } finally {
      await this.#reach(["held", "stopped"]);
    }
  }

  /**
   * Lets it run again after {@link hold}, and waits until it is ready.
   * @throws signal.reason, or UserError with the reason when it does not start at once; it is tried again all the same
   */
  async resume(options: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#held) {
      this.#held = false;
      this.#backoff.reset();
      this.#pause.abort(new Error("resumed"));
    }
    await this.whenRunning(options);
  }

  /** Resolves when it runs. @throws signal.reason; UserError when it ends, or is ended, before that */
  whenRunning(options: { readonly signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => {
        forget();
        signal.removeEventListener("abort", onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = () => settle(signal.reason);
      let tried = false;
      const look = () => {
        if (this.#state === "running") settle();
        else if (this.#state === "starting") tried = true;
        else if (this.#state === "stopped") settle(new UserError(`${this.name} has been stopped`));
        else if (tried && this.#state === "waiting")
          settle(new UserError(`${this.name} ${sentence(this.#lastEnd?.error)}`));
      };
      const forget = this.onChange(look);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      else look();
    });
  }

  /** Rejects with a sentence when it had to be killed. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    this.#pause.abort(this.#stopping.signal.reason);
    try {
      await this.#end();
      await this.#loop;
    } finally {
      this.#become("stopped");
    }
  }

  /** Ends what runs, or starts. */
  async #end(): Promise<void> {
    this.#pause.abort(new Error("ended"));
    const prepared = await this.#prepared?.catch(() => undefined);
    await prepared?.discard();
    await this.#launching?.catch(() => undefined);
    await this.#running?.stop();
  }

  #launch(): Promise<RunningProcess> {
    this.#become("starting");
    this.#launching = this.#launchPrepared();
    return this.#launching;
  }

  async #launchPrepared(): Promise<RunningProcess> {
    this.preload();
    try {
      const prepared = await this.#prepared;
      this.#stopping.signal.throwIfAborted();
      if (this.#held) throw new Error("is held down");
      if (prepared === undefined) throw new Error("nothing was prepared");
      this.#running = await prepared.start();
    } finally {
      // `stop()` discards what it finds here; it has found it already if it came meanwhile.
      this.#prepared = undefined;
    }
    this.#stopping.signal.throwIfAborted();
    this.#startedAtMs = this.#options.clock.now();
    this.#become("running");
    return this.#running;
  }

  async #watch(first: RunningProcess): Promise<void> {
    const { clock } = this.#options;
    let running: RunningProcess | undefined = first;
    while (!this.#stopping.signal.aborted) {
      const startedMs = clock.monotonicMs();
      let problem: unknown = new Error("ended by itself");
      let startedAtMs: number | undefined;
      try {
        running ??= await this.#relaunch();
        startedAtMs = this.#startedAtMs;
        await running.done;
      } catch (error) {
        problem = error;
      }
      running = undefined;
      this.#running = undefined;
      if (this.#stopping.signal.aborted) return;
      if (clock.monotonicMs() - startedMs > steadyMs) this.#backoff.reset();
      if (!this.#held) {
        this.#lastEnd = { error: problem, atMs: clock.now(), ...(startedAtMs !== undefined && { startedAtMs }) };
      }
      await this.#rest(sentence(problem));
    }
  }

  #relaunch(): Promise<RunningProcess> {
    this.#restarts++;
    return this.#launch();
  }

  /** Waits until it is time for the next run. */
  async #rest(problem: string): Promise<void> {
    const { clock, name, say } = this.#options;
    if (!this.#held) {
      const delayMs = this.#backoff.next();
      say(`${name} ${problem}; starting it again in ${delayMs} ms`);
      this.#pause = new AbortController();
      this.#become("waiting");
      await clock.sleep(delayMs, { signal: this.#pause.signal }).catch(() => undefined);
    }
    while (this.#held && !this.#stopping.signal.aborted) {
      this.#pause = new AbortController();
      this.#become("held");
      await aborted(this.#pause.signal);
    }
  }

  /** Resolves when it is in one of these states. */
  #reach(states: readonly SupervisedState[]): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!states.includes(this.#state)) return;
        forget();
        resolve();
      };
      const forget = this.onChange(look);
      look();
    });
  }

  #become(state: SupervisedState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

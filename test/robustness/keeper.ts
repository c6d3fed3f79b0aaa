import type { Clock } from "../../component-base/clock.ts";
import type { Process } from "./cluster.ts";
import type { Recorder } from "./recorder.ts";

const lookMs = 100;

/** Starts processes again that have ended, but not before their time. */
export class Keeper {
  readonly #deps: { readonly clock: Clock; readonly recorder: Recorder };
  readonly #downUntilMs = new Map<Process, number>();

  constructor(deps: { readonly clock: Clock; readonly recorder: Recorder }) {
    this.#deps = deps;
  }

  /** It has been, or is about to be, ended on purpose. */
  holdDown(process: Process, durationMs: number): void {
    this.#downUntilMs.set(process, this.#deps.clock.monotonicMs() + durationMs);
  }

  /** Looks after them until the signal. */
  async run(processes: () => readonly Process[], signal: AbortSignal): Promise<void> {
    const { clock, recorder } = this.#deps;
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      for (const process of processes()) {
        const untilMs = this.#downUntilMs.get(process);
        if (process.running() || (untilMs ?? 0) > nowMs) continue;
        if (untilMs === undefined) recorder.fault(`${process.name} had ended by itself`);
        this.#downUntilMs.delete(process);
        await process.start();
      }
      await clock.sleep(lookMs, { signal }).catch(() => undefined);
    }
  }
}

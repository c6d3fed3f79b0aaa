import { statSync } from "node:fs";
import type { ProcessInfo, ProcessTable } from "../../component-base/process-table.ts";
import type { FilePart } from "./log-file.ts";

interface Runs {
  startedAtMs: number;
  /** Where in the file the run that is, and the one before it, began. */
  current: number;
  previous: number | undefined;
  /** Where the run that is has ended. */
  ended: number | undefined;
}

/** Which part of a process's log file is of which of its runs: all write to the same file, one after the other. */
export class RunLogs {
  readonly #runs = new Map<string, Runs>();

  /** @param signal - ends the watching */
  constructor(processes: ProcessTable, options: { readonly signal: AbortSignal }) {
    const look = () => {
      for (const process of processes.list()) this.#see(process);
    };
    look();
    options.signal.addEventListener("abort", processes.onChange(look), { once: true });
  }

  /** The part of the run that is or was last. */
  current({ name, logPath }: ProcessInfo): FilePart {
    return { path: logPath, from: this.#runs.get(name)?.current ?? 0 };
  }

  /** undefined: there was none since the control plane was started. */
  previous({ name, logPath, state }: ProcessInfo): FilePart | undefined {
    const runs = this.#runs.get(name);
    if (runs === undefined) return undefined;
    if (state === "waiting") return { path: logPath, from: runs.current, to: runs.ended ?? runs.current };
    return runs.previous === undefined ? undefined : { path: logPath, from: runs.previous, to: runs.current };
  }

  #see({ name, state, startedAtMs, logPath }: ProcessInfo): void {
    const known = this.#runs.get(name);
    if (known === undefined) {
      this.#runs.set(name, { startedAtMs, current: 0, previous: undefined, ended: undefined });
      return;
    }
    if (state !== "running") {
      known.ended ??= size(logPath);
      return;
    }
    if (known.startedAtMs === startedAtMs) return;
    known.startedAtMs = startedAtMs;
    // What ended has written all it had. A file that is shorter is another one: the one before has been set aside.
    const now = size(logPath);
    const end = known.ended ?? now;
    known.previous = end <= now ? known.current : undefined;
    known.current = end <= now ? end : 0;
    known.ended = undefined;
  }
}

const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

import { realClock } from "../../component-base/clock.ts";
import { callLauncher } from "../control-client.ts";
import type { DataDir } from "../data-dir.ts";
import { UsageError } from "../user-error.ts";
import type { FaultWords } from "./fault-request.ts";
import { parseFaultWords } from "./fault-request.ts";
import { cleanUp, fill } from "./fill.ts";
import { watchGateways } from "./watch.ts";

export interface FaultOptions extends Omit<FaultWords, "words" | "delayMs" | "jitterMs"> {
  readonly args: readonly string[];
  readonly folder: DataDir;
  readonly kubeconfig: () => string;
  readonly delay: number;
  readonly jitter: number;
  readonly clean: boolean;
  readonly watch: boolean;
  /** Milliseconds; 0 until Ctrl-C. */
  readonly for: number;
}

const say = (line: string) => console.log(line);

/** `gatehouse fault`. @returns the exit code */
export async function runFault(options: FaultOptions): Promise<number> {
  const { args, folder } = options;
  const [verb = "", ...names] = args;
  const watches = verb === "watch" || options.watch || options.for > 0;
  const signal = new AbortController().signal;
  if ((verb === "watch" || verb === "fill") && names.length > 0) {
    throw new UsageError(`fault ${verb}: takes no names`);
  }
  if (verb === "") throw new UsageError("fault: say what is to fail (see gatehouse fault --help)");
  if (verb === "fill") {
    const access = { kubeconfig: options.kubeconfig(), say, clock: realClock, signal };
    await (options.clean ? cleanUp(access) : fill(access));
  } else if (verb !== "watch") {
    await ask(options, args, signal);
  }
  if (watches) {
    await watchGateways({ folder, kubeconfig: options.kubeconfig(), forMs: options.for, say, clock: realClock });
  }
  if (options.for > 0 && verb !== "watch") await ask(options, ["heal"], signal);
  return 0;
}

async function ask(options: FaultOptions, words: readonly string[], signal: AbortSignal): Promise<void> {
  const { refuse, oneWay, keepDown } = options;
  const input: FaultWords = { words, delayMs: options.delay, jitterMs: options.jitter, refuse, oneWay, keepDown };
  // What is said wrong is said before anybody is asked.
  parseFaultWords(input);
  await callLauncher(options.folder, "fault", input, { say, signal });
}

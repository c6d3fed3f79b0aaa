import { realClock } from "./clock.ts";
import type { Component } from "./component.ts";
import { loggerFor } from "./configured-logger.ts";
import { type FlagTable, flagHelp, parseFlags } from "./flags.ts";
import type { logFlags } from "./log-flags.ts";
import { allowManyListeners } from "./many-listeners.ts";
import { showSourcesInStacks } from "./source-stacks.ts";

/** What a component process tells its launcher. */
export type FromComponent =
  /** Its code is loaded; it waits for `start`. */
  { readonly type: "loaded" } | { readonly type: "ready" } | { readonly type: "failed"; readonly message: string };

/** What a launcher tells a component process. */
export type ToComponent = { readonly type: "start" };

const stopTimeoutMs = 4_000;

/**
 * The frame around every component process: reads flags, starts, waits, stops. SIGTERM, SIGINT and the end of the launcher
 * stop the component in order and exit with 0; a component that fails exits with 1 after a log line that says why.
 *
 * Under a launcher (an IPC channel is there) the component is started when the launcher says so: processes load their code
 * at the same time and start in order.
 */
export async function runProcess<T extends FlagTable & typeof logFlags>(component: Component<T>): Promise<void> {
  const parsed = parseFlags(component.flags, process.argv.slice(2));
  if (parsed.kind === "help") {
    process.stdout.write(`${component.name}: ${component.purpose}\n\n${flagHelp(component.flags)}\n`);
    return;
  }
  const problems = parsed.kind === "problems" ? parsed.problems : parsed.args.map((arg) => `${arg}: is no flag`);
  if (parsed.kind === "problems" || problems.length > 0) {
    process.stderr.write(`${problems.map((problem) => `${component.name}: ${problem}`).join("\n")}\n`);
    tell({ type: "failed", message: problems.join("; ") });
    process.exitCode = 2;
    return;
  }
  const { config } = parsed;
  allowManyListeners();
  showSourcesInStacks();
  const log = loggerFor(component.name, config);
  const stopAsked = stopRequest();
  process.on("uncaughtException", (err) => giveUp("uncaught exception", err));
  process.on("unhandledRejection", (err) => giveUp("unhandled rejection", err));
  await Promise.race([startSignal(), stopAsked]);
  try {
    const starting = component.start(config, { clock: realClock, log });
    const running = await Promise.race([starting, stopAsked]);
    if (running === undefined) {
      // Whatever it has begun, it must be able to find unfinished: it might have been killed here.
      log.info({}, "stopped while starting");
      process.exit(0);
    }
    log.info({}, "started");
    tell({ type: "ready" });
    await Promise.race([stopAsked, running.done]);
    realClock.setTimer(stopTimeoutMs, () => giveUp("did not stop in time", undefined));
    await running.stop();
    log.info({}, "stopped");
    process.exit(0);
  } catch (error) {
    giveUp("failed", error);
  }

  function giveUp(message: string, err: unknown): void {
    log.error({ err }, message);
    tell({ type: "failed", message: err instanceof Error ? err.message : message });
    // The message to the launcher is written before the process ends.
    setImmediate(() => process.exit(1));
  }
}

/** Resolves when somebody wants this process to end: a signal, or a launcher that is gone. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve());
    if (process.channel !== undefined) process.on("disconnect", () => resolve());
  });
}

/** Resolves at once without a launcher, else when it says `start`. */
function startSignal(): Promise<void> {
  if (process.channel === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    process.once("message", (message: ToComponent) => {
      if (message.type === "start") resolve();
      process.channel?.unref();
    });
    tell({ type: "loaded" });
  });
}

function tell(message: FromComponent): void {
  // A launcher that has just gone away needs no message; its end is noticed as a disconnect.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

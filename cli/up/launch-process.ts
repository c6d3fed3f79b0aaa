import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { type GuardedChild, ProgramEnded, spawnGuarded } from "../../component-base/guarded-child.ts";
import type { FromComponent, ToComponent } from "../../component-base/run.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import type { Prepared, RunningProcess } from "./supervise.ts";

export interface ProcessOptions {
  /** Of the component, its log and its pid file. */
  readonly name: string;
  /** JavaScript file that runs it. */
  readonly script: string;
  readonly argv: readonly string[];
  readonly logs: string;
  readonly run: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

/** How long a component may take to end after SIGTERM before it is killed. */
const stopTimeoutMs = 1_500;
/** A log longer than this is set aside when the component starts. */
const maxLogBytes = 32 * 1024 * 1024;

/** Runs a component as a process of its own; it loads its code now and starts when told to. */
export async function prepareProcess(options: ProcessOptions): Promise<Prepared> {
  const logPath = join(options.logs, `${options.name}.log`);
  const logFile = openLog(logPath);
  const child = await spawnGuarded(process.execPath, [options.script, ...options.argv], {
    logFile,
    environment: options.environment,
    ipc: true,
  }).finally(() => closeSync(logFile));
  writePidFile(options.run, options.name, child.pid);
  const exited = child.exited.then((reason) => {
    removePidFile(options.run, options.name);
    return reason;
  });
  const loaded = message(child, "loaded");
  loaded.catch(() => undefined);
  let stopping = false;
  const stop = () => {
    stopping = true;
    return end(child, exited, options.clock);
  };
  return {
    discard: stop,
    async start(): Promise<RunningProcess> {
      await loaded;
      const ready = message(child, "ready");
      child.process.send({ type: "start" } satisfies ToComponent);
      await ready;
      const done = exited.then((reason) => {
        if (!stopping) throw new ProgramEnded(`ended with ${reason}${lastProblem(logPath)}`, reason);
      });
      done.catch(() => undefined);
      return { pid: child.pid, done, stop };
    },
  };

  /** Resolves with the first message of that type; rejects when the process says that it failed, or ends. */
  function message(from: GuardedChild, type: FromComponent["type"]): Promise<void> {
    return new Promise((resolve, reject) => {
      from.process.on("message", (received: FromComponent) => {
        if (received.type === type) resolve();
        if (received.type === "failed") reject(new Error(`failed: ${received.message} (log: ${logPath})`));
      });
      exited.then((reason) => reject(new Error(`ended with ${reason} before it was ready${lastProblem(logPath)}`)));
    });
  }
}

/** @throws Error when it had to be killed */
async function end(child: GuardedChild, exited: Promise<unknown>, clock: Clock): Promise<void> {
  let killed = false;
  child.process.kill("SIGTERM");
  const timer = clock.setTimer(stopTimeoutMs, () => {
    killed = child.process.kill("SIGKILL");
  });
  await exited;
  timer.cancel();
  if (killed) throw new Error(`did not stop within ${stopTimeoutMs / 1_000} s, so it was killed`);
}

function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxLogBytes) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

/** The last line of a log that explains an end, if one does, and where the log is. */
function lastProblem(path: string): string {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-200);
  const problem = lines.findLast((line) => / ERROR |"level":"error"|Error: /.test(line))?.trim();
  return `${problem === undefined ? "" : `: ${problem.slice(0, 300)}`} (log: ${path})`;
}

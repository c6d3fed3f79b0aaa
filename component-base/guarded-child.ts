import { type ChildProcess, spawn } from "node:child_process";

/**
 * Shell that becomes the program, after leaving a watcher behind it: when our end of the pipe on descriptor 3 closes
 * without a word, we are gone, and the watcher ends the program (SIGTERM, five seconds, SIGKILL).
 */
const guard = `
( if ! read -r _ <&3; then
    kill -TERM $$
    n=0
    while [ $n -lt 50 ] && kill -0 $$; do sleep 0.1; n=$((n+1)); done
    kill -KILL $$
  fi ) </dev/null >/dev/null 2>&1 4<&- &
exec "$@" 3<&-
`;

/** A program ended although nobody had asked it to. */
export class ProgramEnded extends Error {
  /** Exit code, or the name of the signal that ended it. */
  readonly exit: number | string;

  constructor(message: string, exit: number | string) {
    super(message);
    this.exit = exit;
  }
}

export interface GuardedChild {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/**
 * Runs a program that cannot outlive this process, not even when this process is killed with SIGKILL. It has its own process
 * group, so that Ctrl-C in a terminal reaches only us and we decide the order of ending.
 *
 * @param options.logFile - file descriptor for its standard output and standard error
 * @param options.ipc - whether the program is one of Node's that wants a channel to us; default false
 */
export function spawnGuarded(
  program: string,
  args: readonly string[],
  options: { readonly logFile: number; readonly environment: NodeJS.ProcessEnv; readonly ipc?: boolean },
): Promise<GuardedChild> {
  const child = spawn("/bin/sh", ["-c", guard, "sh", program, ...args], {
    stdio: ["ignore", options.logFile, options.logFile, "pipe", ...(options.ipc === true ? (["ipc"] as const) : [])],
    env: options.environment,
    detached: true,
  });
  const pipe = child.stdio[3];
  if (pipe !== null && pipe !== undefined && "write" in pipe) {
    // The watcher may be gone before it reads our word; then there is nobody left to tell.
    pipe.on("error", () => undefined);
    child.once("exit", () => pipe.end("ended\n"));
  }
  const exited = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => {
      if (child.pid === undefined) reject(new Error(`${program} has no process id`));
      else resolve({ process: child, pid: child.pid, exited });
    });
  });
}

import { spawn } from "node:child_process";

/** Waits, kills, and says so; nothing of the process that is killed has to work for it. */
const script = 'sleep "$1"; kill -KILL "$2" && echo "gatehouse: not stopped within $1 s, so killed" >&2';

/**
 * Kills this process unless it has ended in time, even if it hangs in a loop that lets no timer fire. The guards of its
 * children end them then.
 */
export function killOwnProcessAfter(seconds: number): void {
  const watcher = spawn("/bin/sh", ["-c", script, "sh", String(seconds), String(process.pid)], {
    detached: true,
    stdio: ["ignore", "ignore", "inherit"],
  });
  watcher.unref();
  // Without a shell there is no last resort; the orderly stop goes on.
  watcher.on("error", () => undefined);
  process.once("exit", () => {
    if (watcher.pid !== undefined) process.kill(-watcher.pid, "SIGKILL");
  });
}

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { processIdentity } from "../../component-base/process-identity.ts";
import { readIfExists, writeFileAtomically } from "../../component-base/secret-file.ts";
import { UserError } from "../user-error.ts";

interface PidFile {
  readonly pid: number;
  readonly identity: string;
}

const launcher = "launcher";

/** Notes that `name` runs as process `pid`, in such a way that another process with that id is never taken for it. */
export function writePidFile(folder: string, name: string, pid: number): void {
  const identity = processIdentity(pid);
  if (identity === undefined) return;
  writeFileAtomically(join(folder, `${name}.pid`), JSON.stringify({ pid, identity } satisfies PidFile));
}

export function removePidFile(folder: string, name: string): void {
  rmSync(join(folder, `${name}.pid`), { force: true });
}

/** @throws UserError when another launcher works with this data directory */
export function lockFolder(folder: string): void {
  const owner = livePid(folder, launcher);
  if (owner !== undefined && owner !== process.pid) {
    throw new UserError(`${join(folder, "..")} is in use by another control plane (process ${owner})`);
  }
  writePidFile(folder, launcher, process.pid);
}

/** Whether another process than this one runs a control plane with this data directory. */
export function isLauncherAlive(folder: string): boolean {
  const owner = livePid(folder, launcher);
  return owner !== undefined && owner !== process.pid;
}

export function unlockFolder(folder: string): void {
  removePidFile(folder, launcher);
}

/** Ends whatever a launcher that was killed has left running, and says so. */
export async function endLeftovers(
  folder: string,
  deps: { readonly clock: Clock; readonly say: (line: string) => void },
  options: { readonly signal: AbortSignal },
): Promise<void> {
  await Promise.all(
    componentNames(folder).map(async (name) => {
      const pid = livePid(folder, name);
      if (pid !== undefined) {
        deps.say(`ending ${name} (process ${pid}), left over from a control plane that was killed`);
        process.kill(pid, "SIGTERM");
        for (let waited = 0; livePid(folder, name) !== undefined; waited++) {
          if (waited === 150) process.kill(pid, "SIGKILL");
          await deps.clock.sleep(20, options);
        }
      }
      removePidFile(folder, name);
    }),
  );
}

/** Kills every component that still runs and waits, half a second at most, until they are gone. */
export async function killLeftovers(folder: string, deps: { readonly clock: Clock }): Promise<void> {
  const names = componentNames(folder);
  for (const name of names) {
    const pid = livePid(folder, name);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  }
  const signal = new AbortController().signal;
  for (let waited = 0; waited < 25 && names.some((name) => livePid(folder, name) !== undefined); waited++) {
    await deps.clock.sleep(20, { signal });
  }
}

/** Process ids of the components that run now, by name: `scheduler-2`. */
export function liveComponents(folder: string): ReadonlyMap<string, number> {
  const live = new Map<string, number>();
  for (const name of componentNames(folder).sort()) {
    const pid = livePid(folder, name);
    if (pid !== undefined) live.set(name, pid);
  }
  return live;
}

function componentNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".pid"))
    .map((file) => file.slice(0, -".pid".length))
    .filter((name) => name !== launcher);
}

/** The process id in the file, if that very process still runs. */
function livePid(folder: string, name: string): number | undefined {
  const text = readIfExists(join(folder, `${name}.pid`));
  if (text === undefined) return undefined;
  const { pid, identity } = JSON.parse(text) as PidFile;
  return processIdentity(pid) === identity ? pid : undefined;
}

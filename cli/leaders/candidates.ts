import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../component-base/secret-file.ts";
import type { DataDir } from "../data-dir.ts";
import { liveComponents } from "../up/pid-file.ts";

/** A process that leads, or would. */
export interface Candidate {
  /** `scheduler-2`. */
  readonly name: string;
  readonly pid: number;
  /** False for one that leads because it is alone. */
  readonly elects: boolean;
  readonly role: "leader" | "standby";
  /** Stopped by a signal, as `kill -STOP` and a debugger do. */
  readonly paused: boolean;
}

/**
 * The processes of one component that run in this data directory. Which of them holds the Lease is told by their logs: each
 * notes the identity that it tries to lead under.
 */
export function candidatesOf(folder: DataDir, component: string, holder: string): Candidate[] {
  const found: Candidate[] = [];
  for (const [name, pid] of liveComponents(folder.run)) {
    if (name !== component && !name.startsWith(`${component}-`)) continue;
    const identity = lastIdentity(readLog(join(folder.logs, `${name}.log`)));
    const elects = identity !== undefined;
    const role = !elects || (holder !== "" && identity === holder) ? "leader" : "standby";
    found.push({ name, pid, elects, role, paused: isPaused(pid) });
  }
  return found;
}

/** Under which the newest process of a log tries to lead: each start has another. Undefined when it does not elect. */
export function lastIdentity(log: string): string | undefined {
  const line = [...log.matchAll(/^.*(?:trying to lead|leading without election).*$/gm)].at(-1)?.[0] ?? "";
  return /\bidentity"?[=:]"?([^"\s]+)/.exec(line)?.[1];
}

function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "";
    throw error;
  }
}

/** Only Linux tells. */
function isPaused(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return "Tt".includes(stat[stat.lastIndexOf(")") + 2] ?? " ");
  } catch {
    return false; // it has ended meanwhile, or there is no /proc
  }
}

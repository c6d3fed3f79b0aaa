import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { errorCode } from "./secret-file.ts";

/**
 * Something that tells a process from every other one that had or will have its id: the moment it began. Undefined when no
 * such process runs.
 */
export function processIdentity(pid: number): string | undefined {
  return process.platform === "linux" ? linuxIdentity(pid) : psIdentity(pid);
}

/** Start time in clock ticks since boot, the 22nd field; the second is a name that may hold spaces and brackets. */
function linuxIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : fields[18];
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ESRCH") return undefined;
    throw error;
  }
}

function psIdentity(pid: number): string | undefined {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch (error) {
    // ps ends with 1 when there is no such process.
    if (error instanceof Error && "status" in error && error.status === 1) return undefined;
    throw error;
  }
}

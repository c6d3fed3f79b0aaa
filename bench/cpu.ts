import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Reads the CPU time that a server process has used; undefined where the machine does not tell. */
export interface CpuProbe {
  /** User and system time so far, in µs, over all threads. */
  microseconds(): number | undefined;
  /** Resident memory in MiB. */
  residentMiB(): number | undefined;
}

/** Finds the process that listens on a TCP port of this machine (Linux: /proc). */
export function cpuProbe(port: number): CpuProbe {
  const pid = process.platform === "linux" ? listener(port) : undefined;
  if (pid === undefined) return { microseconds: () => undefined, residentMiB: () => undefined };
  const tick = 1e6 / Number(execFileSync("getconf", ["CLK_TCK"]).toString());
  return {
    microseconds() {
      const fields = read(`/proc/${pid}/stat`)
        ?.replace(/^.*\) /, "")
        .split(" ");
      return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * tick;
    },
    residentMiB() {
      const kiB = /VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
      return kiB === undefined ? undefined : Number(kiB) / 1024;
    },
  };
}

function listener(port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const inodes = ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((file) => (read(file) ?? "").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === "0A")
    .map((fields) => `socket:[${fields[9]}]`);
  return processes().find((pid) => holdsAny(pid, inodes));
}

function processes(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function holdsAny(pid: number, sockets: readonly string[]): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.includes(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // another user's process, or one that has just ended
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // the process has ended
  }
}

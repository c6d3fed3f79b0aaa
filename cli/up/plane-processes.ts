import { constants } from "node:os";
import { ProgramEnded } from "../../component-base/guarded-child.ts";
import type { ProcessExit, ProcessInfo, ProcessRow, ProcessTable } from "../../component-base/process-table.ts";
import { clientUrl } from "../../etcd/config.ts";
import type { EtcdCluster } from "./etcd-cluster.ts";
import type { Loop } from "./live-plane.ts";
import type { Supervised } from "./supervise.ts";

/** Who knows the parts of a plane. */
interface Parts {
  readonly runsEtcd: boolean;
  readonly etcd: EtcdCluster;
  gateways(): readonly Loop[];
  loops(): readonly Loop[];
}

/** The processes of a plane. */
export class PlaneProcesses implements ProcessTable {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list(): readonly ProcessInfo[] {
    const { runsEtcd } = this.#parts;
    const components = [...this.#parts.gateways(), ...this.#parts.loops()];
    return [
      ...(runsEtcd ? this.#members() : []),
      ...components.map(({ row, process, logPath, commandLine }) => ({
        ...describe(process),
        row: row.name,
        logPath,
        commandLine: commandLine(),
      })),
    ];
  }

  onChange(listener: () => void): () => void {
    const { runsEtcd, etcd } = this.#parts;
    const components = [...this.#parts.gateways(), ...this.#parts.loops()];
    const forget = [
      ...(runsEtcd ? [etcd.onChange(listener)] : []),
      ...components.map(({ process }) => process.onChange(listener)),
    ];
    return () => {
      for (const end of forget) end();
    };
  }

  #members(): ProcessInfo[] {
    const { etcd } = this.#parts;
    return etcd.members().map(({ plan, process }) => ({
      ...describe(process),
      row: "etcd" satisfies ProcessRow,
      logPath: etcd.logPath(plan.name),
      commandLine: etcd.commandLine(plan.name),
      clientUrl: clientUrl(plan),
    }));
  }
}

function describe(
  process: Supervised,
): Pick<ProcessInfo, "name" | "pid" | "state" | "startedAtMs" | "restarts" | "lastExit"> {
  const { name, pid, state, lastEnd } = process;
  return {
    name,
    ...(pid !== undefined && { pid }),
    state: state === "running" ? "running" : state === "held" || state === "stopped" ? "stopped" : "waiting",
    startedAtMs: process.startedAtMs ?? 0,
    restarts: process.restarts,
    ...(lastEnd !== undefined && { lastExit: exitOf(lastEnd) }),
  };
}

function exitOf({ error, atMs, startedAtMs }: NonNullable<Supervised["lastEnd"]>): ProcessExit {
  const started = startedAtMs === undefined ? {} : { startedAtMs };
  if (!(error instanceof ProgramEnded)) return { reason: "Error", atMs, exitCode: 1, ...started };
  const { exit } = error;
  if (typeof exit === "number") return { reason: `exit code ${exit}`, atMs, exitCode: exit, ...started };
  const number = Object.entries(constants.signals).find(([name]) => name === exit)?.[1] ?? 0;
  return { reason: `signal ${exit}`, atMs, exitCode: 128 + number, ...started };
}

import type { Pod } from "./generated/types.ts";

export interface HostPort {
  readonly protocol: string;
  /** `0.0.0.0` stands for every address. */
  readonly ip: string;
  readonly port: number;
}

const noPorts: readonly HostPort[] = [];

/** The ports of its node that a Pod takes: those of the containers that run all the time. */
export function hostPortsOf(pod: Readonly<Pod>): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort === undefined || hostPort <= 0) continue;
      ports ??= [];
      ports.push({ protocol: protocol ?? "TCP", ip: hostIP || "0.0.0.0", port: hostPort });
    }
  }
  return ports ?? noPorts;
}

/** Whether both cannot be had on one node. */
export function portsClash(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0";
}

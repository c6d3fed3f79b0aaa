import type { Affinity, Pod } from "../api/generated/types.ts";
import { podRequests } from "./resource-amounts.ts";

export interface HostPort {
  readonly protocol: string;
  /** `0.0.0.0` stands for every address. */
  readonly ip: string;
  readonly port: number;
}

/** A Pod with all that is read from it many times, worked out once. The Pod itself is never changed. */
export interface PodInfo {
  readonly pod: Readonly<Pod>;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly priority: number;
  readonly schedulerName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Resources that it asks for, none of them 0. */
  readonly requests: readonly { readonly name: string; readonly amount: number }[];
  /** Cpu and memory as scoring counts them, with a floor for containers that ask for nothing. */
  readonly scoredCpu: number;
  readonly scoredMemory: number;
  readonly hostPorts: readonly HostPort[];
  readonly affinity: Readonly<Affinity> | undefined;
}

const none: Readonly<Record<string, string>> = Object.freeze({});

export function podInfo(pod: Readonly<Pod>): PodInfo {
  const { metadata, spec } = pod;
  const namespace = metadata?.namespace ?? "";
  const name = metadata?.name ?? "";
  const requests: { name: string; amount: number }[] = [];
  for (const [resource, amount] of podRequests(pod, { assumeMissing: false })) {
    if (amount > 0) requests.push({ name: resource, amount });
  }
  const scored = podRequests(pod, { assumeMissing: true });
  return {
    pod,
    uid: metadata?.uid ?? "",
    namespace,
    name,
    key: `${namespace}/${name}`,
    priority: spec?.priority ?? 0,
    schedulerName: spec?.schedulerName ?? "default-scheduler",
    labels: metadata?.labels ?? none,
    requests,
    scoredCpu: scored.get("cpu") ?? 0,
    scoredMemory: scored.get("memory") ?? 0,
    hostPorts: hostPortsOf(pod),
    affinity: spec?.affinity,
  };
}

const noPorts: readonly HostPort[] = [];

function hostPortsOf(pod: Readonly<Pod>): readonly HostPort[] {
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

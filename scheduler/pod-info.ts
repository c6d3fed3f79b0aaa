import type { Affinity, Pod } from "../api/generated/types.ts";
import { type HostPort, hostPortsOf } from "../api/host-ports.ts";
import { podRequests } from "../api/resource-amounts.ts";

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

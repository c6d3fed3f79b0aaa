import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../api/generated/types.ts";
import { waitingStatus } from "./container-status.ts";
import type { Refusal } from "./node-admission.ts";
import { isOwnedCondition, podConditions } from "./pod-conditions.ts";
import { isTerminalPhase, podPhase } from "./pod-phase.ts";

/** What a node knows of a pod's containers; the rest of its status follows from this. */
export interface ContainerStates {
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  /** The pod's address. `undefined`: its sandbox has no network yet, or no longer. */
  readonly podIp: string | undefined;
}

/** The states that the pod's status tells; containers it does not mention wait for their first start. */
export function containerStates(pod: Pod): ContainerStates {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const reason = initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
  const byName = (statuses: readonly ContainerStatus[] | undefined, name: string) =>
    statuses?.find((status) => status.name === name);
  return {
    init: initContainers.map(
      (container) => byName(pod.status?.initContainerStatuses, container.name) ?? waitingStatus(container, reason),
    ),
    containers: containers.map(
      (container) => byName(pod.status?.containerStatuses, container.name) ?? waitingStatus(container, reason),
    ),
    podIp: pod.status?.podIP,
  };
}

/** The whole status of a pod whose containers are in these states. */
export function podStatus(pod: Pod, states: ContainerStates, options: { hostIp: string; now: string }): PodStatus {
  const { hostIp, now } = options;
  const { init, containers, podIp } = states;
  const phase = podPhase(pod, init, containers);
  const generation = pod.metadata?.generation;
  const hasNetwork = podIp !== undefined && !isTerminalPhase(phase);
  return {
    ...pod.status,
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: podConditions({ pod, phase, init, containers, hasNetwork }, now),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp !== undefined && { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime: pod.status?.startTime ?? now,
    ...(init.length > 0 && { initContainerStatuses: [...init] }),
    containerStatuses: [...containers],
  };
}

/** The patch that reports that the node has refused the pod: a status without all that a kubelet tells of pods it has. */
export function refusedPatch(pod: Pod, refusal: Refusal, now: string): Record<string, unknown> {
  const generation = pod.metadata?.generation;
  const owned = (pod.status?.conditions ?? []).filter(({ type }) => isOwnedCondition(type));
  const status = {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase: "Failed",
    reason: refusal.reason,
    message: `Pod was rejected: ${refusal.message}`,
    startTime: pod.status?.startTime ?? now,
    ...(owned.length > 0 && { conditions: owned.map(({ type }) => ({ $patch: "delete", type })) }),
  };
  return { metadata: { uid: pod.metadata?.uid }, status };
}

/**
 * The strategic merge patch that turns one status into another, or `undefined` if nothing differs. It names the pod's UID,
 * so that it cannot hit a pod of the same name made since.
 */
export function statusPatch(pod: Pod, status: PodStatus): Record<string, unknown> | undefined {
  const before: Readonly<Record<string, unknown>> = { ...pod.status };
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(status)) {
    if (field === "conditions" || value === undefined) continue;
    if (!sameJson(before[field], value)) patch[field] = value;
  }
  const conditions = changedConditions(pod.status?.conditions ?? [], status.conditions ?? []);
  if (conditions.length > 0) {
    patch["$setElementOrder/conditions"] = (status.conditions ?? []).map(({ type }) => ({ type }));
    patch["conditions"] = conditions;
  }
  if (Object.keys(patch).length === 0) return undefined;
  return { metadata: { uid: pod.metadata?.uid }, status: patch };
}

function changedConditions(before: readonly PodCondition[], after: readonly PodCondition[]): unknown[] {
  const changed: unknown[] = [];
  for (const condition of after) {
    const old = before.find(({ type }) => type === condition.type);
    if (old === undefined) changed.push(condition);
    else if (!sameCondition(old, condition)) {
      // Elements are merged field by field, so what is no longer there must be taken away by name.
      changed.push({
        ...condition,
        ...(old.reason !== undefined && condition.reason === undefined && { reason: null }),
        ...(old.message !== undefined && condition.message === undefined && { message: null }),
      });
    }
  }
  return changed;
}

function sameCondition(a: PodCondition, b: PodCondition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.lastTransitionTime === b.lastTransitionTime &&
    a.observedGeneration === b.observedGeneration
  );
}

/** Equal as JSON, whatever the order of keys. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)));
}

import type { Pod, PodCondition } from "../../api/generated/types.ts";
import { isDeleting } from "../../api/meta.ts";

/** Succeeded or Failed: its containers will not run again. */
export const isTerminal = (pod: Pod): boolean => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";

/** Counts towards the replicas that its owner wants. */
export const isActive = (pod: Pod): boolean => !isTerminal(pod) && !isDeleting(pod);

/** On its way out, its containers perhaps still running. */
export const isTerminating = (pod: Pod): boolean => !isTerminal(pod) && isDeleting(pod);

export const podCondition = (pod: Pod, type: string): PodCondition | undefined =>
  pod.status?.conditions?.find((condition) => condition.type === type);

export const isReady = (pod: Pod): boolean => podCondition(pod, "Ready")?.status === "True";

/** Since when the Pod has been ready, in ms since the epoch; 0 when it is not. */
export function readySinceMs(pod: Pod): number {
  const condition = podCondition(pod, "Ready");
  if (condition?.status !== "True") return 0;
  return Date.parse(condition.lastTransitionTime ?? "") || 0;
}

/**
 * Milliseconds until a ready Pod counts as available: 0 when it does already, `undefined` when it is not ready.
 */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  const sinceMs = readySinceMs(pod);
  if (sinceMs === 0) return undefined;
  return Math.max(0, sinceMs + minReadySeconds * 1000 - nowMs);
}

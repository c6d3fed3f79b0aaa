import type { Pod } from "../../api/generated/types.ts";
import { createdMs, uidOf } from "../../api/meta.ts";
import { isReady, readySinceMs } from "./pod-state.ts";

/** Annotation: Pods that cost less go first. */
export const podDeletionCost = "controller.kubernetes.io/pod-deletion-cost";

/** One Pod and what its rank depends on. */
export interface RankedPod {
  readonly pod: Pod;
  /** Active Pods on the same node whose ReplicaSets have the same owner: crowded nodes lose Pods first. */
  readonly colocated: number;
}

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Sorts the Pods that should be deleted first to the front. Ages are compared on a logarithmic scale, so that of Pods
 * about equally old any may go, chosen by UID.
 * @see kubernetes v1.36.0 pkg/controller/controller_utils.go (ActivePodsWithRanks)
 */
export function sortForDeletion(pods: readonly RankedPod[], nowMs: number): Pod[] {
  return [...pods].sort((a, b) => compare(a, b, nowMs)).map(({ pod }) => pod);
}

function compare(a: RankedPod, b: RankedPod, nowMs: number): number {
  return (
    Number(isAssigned(a.pod)) - Number(isAssigned(b.pod)) ||
    phase(a.pod) - phase(b.pod) ||
    Number(isReady(a.pod)) - Number(isReady(b.pod)) ||
    deletionCost(a.pod) - deletionCost(b.pod) ||
    b.colocated - a.colocated ||
    (isReady(a.pod) ? byLogAge(a.pod, b.pod, { since: readySinceMs, nowMs }) : 0) ||
    restarts(b.pod) - restarts(a.pod) ||
    byLogAge(a.pod, b.pod, { since: createdMs, nowMs })
  );
}

const isAssigned = (pod: Pod) => (pod.spec?.nodeName ?? "") !== "";
const phase = (pod: Pod) => phaseRank[pod.status?.phase ?? "Pending"] ?? 0;

/** The annotation's value, 0 when it is absent or no 32-bit integer in canonical form. */
export function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.[podDeletionCost] ?? "0";
  const value = Number(text);
  const valid = /^(0|-?[1-9][0-9]*)$/.test(text) && value >= -(2 ** 31) && value < 2 ** 31;
  return valid ? value : 0;
}

function restarts(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((most, status) => Math.max(most, status.restartCount), 0);
}

function byLogAge(a: Pod, b: Pod, options: { since: (pod: Pod) => number; nowMs: number }): number {
  const { since, nowMs } = options;
  if (since(a) === since(b)) return 0;
  // What has no time stamp is newest.
  if (since(a) === 0) return -1;
  if (since(b) === 0) return 1;
  const bucket = (pod: Pod) => Math.floor(Math.log2(Math.max(1, (nowMs - since(pod)) * 1e6)));
  return bucket(a) - bucket(b) || (uidOf(a) < uidOf(b) ? -1 : 1);
}

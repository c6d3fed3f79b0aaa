import type { Node, Pod } from "../../api/generated/types.ts";
import { byAge, isDeleting } from "../../api/meta.ts";

const livePhases: ReadonlySet<string> = new Set(["", "Pending", "Running", "Unknown"]);
const outOfServiceTaint = "node.kubernetes.io/out-of-service";

const hasEnded = (pod: Pod) => !livePhases.has(pod.status?.phase ?? "");
const wasEvicted = (pod: Pod) => pod.status?.reason === "Evicted";

/** Pods that have ended beyond the number that is kept: evicted ones first, then the oldest. A threshold of 0 keeps all. */
export function surplusEndedPods(pods: readonly Pod[], threshold: number): Pod[] {
  const ended = pods.filter(hasEnded);
  if (threshold === 0 || ended.length <= threshold) return [];
  const sorted = ended.sort((a, b) => Number(wasEvicted(b)) - Number(wasEvicted(a)) || byAge(a, b));
  return sorted.slice(0, ended.length - threshold);
}

/** Being deleted before they got a node: no kubelet will ever finish it. */
export const unscheduledTerminating = (pods: readonly Pod[]): Pod[] =>
  pods.filter((pod) => isDeleting(pod) && (pod.spec?.nodeName ?? "") === "");

/** Being deleted on nodes that somebody has declared out of service. */
export function terminatingOutOfService(pods: readonly Pod[], nodes: ReadonlyMap<string, Node>): Pod[] {
  return pods.filter((pod) => {
    const node = nodes.get(pod.spec?.nodeName ?? "");
    if (node === undefined || !isDeleting(pod)) return false;
    const ready = node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
    return !ready && (node.spec?.taints ?? []).some(({ key }) => key === outOfServiceTaint);
  });
}

/** On nodes that do not exist. */
export const onMissingNodes = (pods: readonly Pod[], nodes: ReadonlyMap<string, Node>): Pod[] =>
  pods.filter((pod) => (pod.spec?.nodeName ?? "") !== "" && !nodes.has(pod.spec?.nodeName ?? ""));

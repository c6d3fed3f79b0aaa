import type { Node, NodeCondition } from "../../api/generated/types.ts";

const watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;

export const nodeCondition = (node: Node, type: string): NodeCondition | undefined =>
  node.status?.conditions?.find((condition) => condition.type === type);

export type ReadyState = "True" | "False" | "Unknown";

/** What the node says of itself; a node that has said nothing is unknown. */
export function readyState(node: Node): ReadyState {
  const status = nodeCondition(node, "Ready")?.status;
  return status === "True" || status === "False" ? status : "Unknown";
}

/** The conditions of a node that has fallen silent, or `undefined` when they say so already. */
export function unknownConditions(node: Node, now: string): NodeCondition[] | undefined {
  const current = node.status?.conditions ?? [];
  let changed = false;
  const conditions = current.map((condition) => {
    if (!watched.some((type) => type === condition.type) || condition.status === "Unknown") return condition;
    changed = true;
    const message = "Kubelet stopped posting node status.";
    return { ...condition, status: "Unknown", reason: "NodeStatusUnknown", message, lastTransitionTime: now };
  });
  for (const type of watched) {
    if (current.some((condition) => condition.type === type)) continue;
    changed = true;
    const lastHeartbeatTime = node.metadata?.creationTimestamp ?? now;
    const message = "Kubelet never posted node status.";
    const reason = "NodeStatusNeverUpdated";
    conditions.push({ type, status: "Unknown", lastHeartbeatTime, lastTransitionTime: now, reason, message });
  }
  return changed ? conditions : undefined;
}

import type { Node } from "../../api/generated/types.ts";
import type { ReadyState } from "./node-conditions.ts";

export type ZoneState = "Normal" | "PartialDisruption" | "FullDisruption";

export interface EvictionRates {
  readonly nodeEvictionRate: number;
  readonly secondaryNodeEvictionRate: number;
  readonly largeClusterSizeThreshold: number;
  readonly unhealthyZoneThreshold: number;
}

/** Region and zone of a node, as one key; nodes without are one zone. */
export function zoneOf(node: Node): string {
  const labels = node.metadata?.labels ?? {};
  const region = labels["topology.kubernetes.io/region"] ?? "";
  return `${region}:${labels["topology.kubernetes.io/zone"] ?? ""}`;
}

/** How bad things are in a zone whose nodes are in these states. */
export function zoneState(nodes: readonly ReadyState[], rates: EvictionRates): ZoneState {
  const notReady = nodes.filter((state) => state !== "True").length;
  if (notReady > 0 && notReady === nodes.length) return "FullDisruption";
  return notReady > 2 && notReady / nodes.length >= rates.unhealthyZoneThreshold ? "PartialDisruption" : "Normal";
}

/** Nodes per second that may be emptied in such a zone. */
export function evictionRate(state: ZoneState, nodeCount: number, rates: EvictionRates): number {
  if (state !== "PartialDisruption") return rates.nodeEvictionRate;
  return nodeCount > rates.largeClusterSizeThreshold ? rates.secondaryNodeEvictionRate : 0;
}

/**
 * When everything everywhere is down, it is more likely us than the nodes: nothing is evicted then.
 * @see kubernetes v1.36.0 pkg/controller/nodelifecycle/node_lifecycle_controller.go (handleDisruption)
 */
export const isEverythingDown = (zones: Iterable<ZoneState>): boolean => {
  const states = [...zones];
  return states.length > 0 && states.every((state) => state === "FullDisruption");
};

import type { Node, Taint } from "../../api/generated/types.ts";
import { nodeCondition, readyState } from "./node-conditions.ts";

const notReadyTaint = "node.kubernetes.io/not-ready";
const unreachableTaint = "node.kubernetes.io/unreachable";
const unschedulableTaint = "node.kubernetes.io/unschedulable";

/** Condition that is True → taint. */
const pressureTaints: Readonly<Record<string, string>> = {
  MemoryPressure: "node.kubernetes.io/memory-pressure",
  DiskPressure: "node.kubernetes.io/disk-pressure",
  PIDPressure: "node.kubernetes.io/pid-pressure",
  NetworkUnavailable: "node.kubernetes.io/network-unavailable",
};

const managed: ReadonlySet<string> = new Set([
  notReadyTaint,
  unreachableTaint,
  unschedulableTaint,
  ...Object.values(pressureTaints),
]);

/** The taint that a node's readiness calls for; `undefined` for a ready node or one that has said nothing yet. */
export function readinessTaint(node: Node): string | undefined {
  if (nodeCondition(node, "Ready") === undefined) return undefined;
  const state = readyState(node);
  return state === "True" ? undefined : state === "False" ? notReadyTaint : unreachableTaint;
}

/** Keys of the NoSchedule taints that a node's conditions and spec call for. */
function noScheduleKeys(node: Node): string[] {
  const readiness = readinessTaint(node);
  const pressures = Object.entries(pressureTaints).filter(([type]) => nodeCondition(node, type)?.status === "True");
  return [
    ...(readiness === undefined ? [] : [readiness]),
    ...pressures.map(([, key]) => key),
    ...(node.spec?.unschedulable === true ? [unschedulableTaint] : []),
  ];
}

/**
 * The node's taints with those of `effect` among `keys` being exactly `wanted`; `undefined` when they are already.
 */
function withTaints(
  node: Node,
  options: { effect: string; keys: ReadonlySet<string>; wanted: readonly string[]; now: string },
): Taint[] | undefined {
  const { effect, keys, wanted, now } = options;
  const taints = node.spec?.taints ?? [];
  const isOurs = (taint: Taint) => taint.effect === effect && keys.has(taint.key);
  const kept = taints.filter((taint) => !isOurs(taint) || wanted.includes(taint.key));
  const missing = wanted.filter((key) => !taints.some((taint) => isOurs(taint) && taint.key === key));
  if (missing.length === 0 && kept.length === taints.length) return undefined;
  return [...kept, ...missing.map((key) => ({ key, effect, timeAdded: now }))];
}

/** Taints after the NoSchedule ones have been brought in line; `undefined`: nothing to change. */
export const reconciledNoSchedule = (node: Node, now: string): Taint[] | undefined =>
  withTaints(node, { effect: "NoSchedule", keys: managed, wanted: noScheduleKeys(node), now });

/** Taints after the NoExecute ones for readiness are exactly `key`, or none; `undefined`: nothing to change. */
export const reconciledNoExecute = (node: Node, key: string | undefined, now: string): Taint[] | undefined =>
  withTaints(node, {
    effect: "NoExecute",
    keys: new Set([notReadyTaint, unreachableTaint]),
    wanted: key === undefined ? [] : [key],
    now,
  });

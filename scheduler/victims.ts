import type { NodeFilter } from "./framework.ts";
import type { NodeTable } from "./node-table.ts";
import type { Nominator } from "./nominator.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Rejection } from "./rejection.ts";
import { rejection } from "./rejection.ts";
import { checkNode } from "./schedule-pod.ts";

/** Pods that would have to go from a node to make room. */
export interface Candidate {
  readonly node: number;
  readonly nodeName: string;
  /** Most important first; never empty. */
  readonly victims: readonly PodInfo[];
}

interface DryRun {
  readonly nodes: NodeTable;
  readonly nominator: Nominator;
  readonly filters: readonly NodeFilter[];
}

const noVictims = rejection("DefaultPreemption", "Unschedulable", "No preemption victims found for incoming pod");

/**
 * The least that has to go from a node for the Pod to fit: all of lower priority are taken off, then put back one by
 * one, the important ones first, as long as the Pod still fits. The table is as before when this returns.
 *
 * @see k8s.io/kubernetes v1.36.0 pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go
 */
export function selectVictims(pod: PodInfo, node: number, state: DryRun): Candidate | Rejection {
  const { nodes, filters } = state;
  const lower = [...nodes.row(node).pods.values()].filter((other) => other.priority < pod.priority);
  if (lower.length === 0) return noVictims;
  const remove = (other: PodInfo) => {
    nodes.removePodAt(node, other);
    for (const filter of filters) filter.podRemoved?.(other, node);
  };
  const add = (other: PodInfo) => {
    nodes.addPodAt(node, other);
    for (const filter of filters) filter.podAdded?.(other, node);
  };
  for (const other of lower) remove(other);
  const rejected = checkNode(pod, node, state);
  const victims: PodInfo[] = [];
  for (const other of lower.sort(byImportance)) {
    add(other);
    if (rejected !== undefined || checkNode(pod, node, state) === undefined) continue;
    remove(other);
    victims.push(other);
  }
  for (const other of victims) add(other);
  if (rejected !== undefined) return rejected;
  return victims.length === 0 ? noVictims : { node, nodeName: nodes.name(node), victims };
}

/** Higher priority first, then the one that has run longer. */
function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startMs(a) - startMs(b);
}

/** A Pod that has not started counts as started last. */
function startMs(pod: PodInfo): number {
  const { startTime } = pod.pod.status ?? {};
  return startTime === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(startTime);
}

/** Priorities may be negative: each counts as above all there can be, so that fewer victims are always less. */
const priorityOffset = 2 ** 31;

/** Where eviction does least harm: what the most important victim is, then all of them together, how many, how young. */
export function leastHarm(candidates: readonly Candidate[]): Candidate | undefined {
  const harm = candidates.map((candidate) => {
    const { victims } = candidate;
    const highest = Math.max(...victims.map((victim) => victim.priority));
    const sum = victims.reduce((total, victim) => total + victim.priority + priorityOffset, 0);
    const starts = victims.filter((victim) => victim.priority === highest).map(startMs);
    return { candidate, order: [highest, sum, victims.length, -Math.min(...starts)] };
  });
  harm.sort((a, b) => {
    const differs = a.order.findIndex((value, i) => value !== b.order[i]);
    return differs < 0 ? 0 : (a.order[differs] ?? 0) - (b.order[differs] ?? 0);
  });
  return harm[0]?.candidate;
}

import { resourceAmounts } from "../../api/resource-amounts.ts";
import { change } from "../cluster-event.ts";
import type { Plugin } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";
import { type Rejection, rejection } from "../rejection.ts";

const name = "NodeResourcesFit";

/** Turns down nodes without room for what the Pod requests, naming all that is short; likes those with most room left. */
export const nodeResourcesFit: Plugin = {
  name,
  requeueOn: [
    {
      resource: "AssignedPod",
      changes: change.delete | change.podScaleDown,
      isWorthRetrying: (pod, event) => event.resource !== "Node" && freesSomething(pod, event.old),
    },
    {
      resource: "Node",
      changes: change.add | change.nodeAllocatable,
      isWorthRetrying: (pod, event) => {
        if (event.resource !== "Node") return true;
        const current = resourceAmounts(event.current?.status?.allocatable);
        if (pod.requests.some((request) => request.amount > (current.get(request.name) ?? 0))) return false;
        if (event.old === undefined) return true;
        const old = resourceAmounts(event.old.status?.allocatable);
        const grew = (resource: string) => (current.get(resource) ?? 0) > (old.get(resource) ?? 0);
        return grew("pods") || pod.requests.some((request) => grew(request.name));
      },
    },
    { resource: "UnscheduledPod", changes: change.podScaleDown },
  ],
  preFilter(pod, nodes) {
    return { kind: "filter", filter: { filter: fitFilter(pod, nodes) } };
  },
  preScore(pod, nodes) {
    return { kind: "score", scorer: { score: leastAllocated(pod, nodes) } };
  },
};

function freesSomething(pod: PodInfo, freed: PodInfo | undefined): boolean {
  if (freed === undefined || pod.requests.length === 0) return true;
  // Its place among the node's Pods counts too, so any Pod that goes is worth a look unless it held nothing we ask for.
  return pod.requests.some((wanted) => freed.requests.some((held) => held.name === wanted.name));
}

function fitFilter(pod: PodInfo, nodes: NodeTable): (node: number) => Rejection | undefined {
  const { allocatablePods, podCount } = nodes;
  const amounts = pod.requests.map((request) => request.amount);
  const columns = pod.requests.map((request) => nodes.column(request.name));
  /** By what is short: bit 0 the number of Pods, then one bit per request, then one if the node could never do. */
  const rejections = new Map<number, Rejection>();
  const neverBit = 2 ** (amounts.length + 1);

  function reject(shortage: number): Rejection {
    const known = rejections.get(shortage);
    if (known !== undefined) return known;
    const names = pod.requests.map((request) => `Insufficient ${request.name}`);
    const reasons = ["Too many pods", ...names].filter((_, bit) => Math.floor(shortage / 2 ** bit) % 2 === 1);
    const code = shortage >= neverBit ? "UnschedulableAndUnresolvable" : "Unschedulable";
    const made = rejection(name, code, ...reasons);
    rejections.set(shortage, made);
    return made;
  }

  return (node) => {
    let shortage = (podCount[node] ?? 0) + 1 > (allocatablePods[node] ?? 0) ? 1 : 0;
    let never = false;
    for (let i = 0; i < amounts.length; i++) {
      const column = columns[i];
      const amount = amounts[i];
      if (column === undefined || amount === undefined) break;
      const allocatable = column.allocatable[node] ?? 0;
      if (amount <= allocatable - (column.requested[node] ?? 0)) continue;
      shortage += 2 ** (i + 1);
      if (amount > allocatable) never = true;
    }
    if (shortage === 0) return undefined;
    return reject(never ? shortage + neverBit : shortage);
  };
}

/** The mean over cpu and memory of the share, in percent, that would be left free. */
function leastAllocated(pod: PodInfo, nodes: NodeTable): (node: number) => number {
  const { scoredCpu, scoredMemory } = nodes;
  const cpu = nodes.cpu.allocatable;
  const memory = nodes.memory.allocatable;
  return (node) => {
    const cpuTotal = cpu[node] ?? 0;
    const memoryTotal = memory[node] ?? 0;
    let sum = 0;
    let weights = 0;
    if (cpuTotal > 0) {
      sum += freePercent(cpuTotal, (scoredCpu[node] ?? 0) + pod.scoredCpu);
      weights++;
    }
    if (memoryTotal > 0) {
      sum += freePercent(memoryTotal, (scoredMemory[node] ?? 0) + pod.scoredMemory);
      weights++;
    }
    return weights === 0 ? 0 : Math.floor(sum / weights);
  };
}

const freePercent = (total: number, used: number) => (used > total ? 0 : Math.floor(((total - used) * 100) / total));

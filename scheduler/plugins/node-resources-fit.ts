import { change } from "../cluster-event.ts";
import type { Plugin } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";
import { type Rejection, rejection } from "../rejection.ts";
import { resourceAmounts } from "../resource-amounts.ts";

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
  const wanted = pod.requests.map(({ name: resource, amount }) => {
    const { allocatable, requested } = nodes.column(resource);
    return { amount, allocatable, requested };
  });
  const count = wanted.length;
  const rejections = new Map<string, Rejection>();

  /** Only on the way to a no, so it may be slow. */
  function reject(node: number): Rejection {
    const reasons: string[] = [];
    let resolvable = true;
    if ((podCount[node] ?? 0) + 1 > (allocatablePods[node] ?? 0)) reasons.push("Too many pods");
    for (const { name: resource, amount } of pod.requests) {
      const { allocatable, requested } = nodes.column(resource);
      const total = allocatable[node] ?? 0;
      if (amount <= total - (requested[node] ?? 0)) continue;
      reasons.push(`Insufficient ${resource}`);
      if (amount > total) resolvable = false;
    }
    const key = `${resolvable} ${reasons.join()}`;
    let known = rejections.get(key);
    if (known === undefined) {
      known = rejection(name, resolvable ? "Unschedulable" : "UnschedulableAndUnresolvable", ...reasons);
      rejections.set(key, known);
    }
    return known;
  }

  return (node) => {
    if ((podCount[node] ?? 0) + 1 > (allocatablePods[node] ?? 0)) return reject(node);
    for (let i = 0; i < count; i++) {
      const want = wanted[i];
      if (want === undefined) break;
      if (want.amount > (want.allocatable[node] ?? 0) - (want.requested[node] ?? 0)) return reject(node);
    }
    return undefined;
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

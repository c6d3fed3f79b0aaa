import { type Plugin, skip } from "../framework.ts";

/**
 * Likes nodes whose cpu and memory fill up evenly: how much the Pod makes them more, or less, even, on a scale from 50
 * to 100 where 75 is no change. Pods that request neither are not scored.
 */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  preScore(pod, nodes) {
    const amount = (name: string) => pod.requests.find((request) => request.name === name)?.amount ?? 0;
    const podCpu = amount("cpu");
    const podMemory = amount("memory");
    if (podCpu === 0 && podMemory === 0) return skip;
    const { cpu, memory } = nodes;
    const evenness = (node: number, moreCpu: number, moreMemory: number) => {
      const cpuTotal = cpu.allocatable[node] ?? 0;
      const memoryTotal = memory.allocatable[node] ?? 0;
      // With one resource there is nothing to be uneven with.
      if (cpuTotal === 0 || memoryTotal === 0) return 100;
      const cpuShare = Math.min(1, ((cpu.requested[node] ?? 0) + moreCpu) / cpuTotal);
      const memoryShare = Math.min(1, ((memory.requested[node] ?? 0) + moreMemory) / memoryTotal);
      return Math.floor((1 - Math.abs(cpuShare - memoryShare) / 2) * 100);
    };
    const score = (node: number) => Math.floor(75 + (evenness(node, podCpu, podMemory) - evenness(node, 0, 0)) / 2);
    return { kind: "score", scorer: { score } };
  },
};

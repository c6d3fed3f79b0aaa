import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { SchedulerCache } from "../../scheduler/cache.ts";
import { defaultProfile } from "../../scheduler/default-profile.ts";
import { NodeTable } from "../../scheduler/node-table.ts";
import { Nominator } from "../../scheduler/nominator.ts";
import { podInfo } from "../../scheduler/pod-info.ts";
import { createFramework } from "../../scheduler/profile.ts";
import { createPodScheduler } from "../../scheduler/schedule-pod.ts";
import type { Figure, StandaloneQuestion } from "../question.ts";

const podsPerRun = 2000;
const size = { cpu: "32", memory: "256Gi", pods: "110" };

/** What one scheduling decision costs in memory alone: no API server, no binding. */
export const scheduleDecision: StandaloneQuestion = {
  name: "schedule-decision",
  help: "the scheduler's decision alone, per Pod, at 100, 1,000 and 5,000 nodes",
  standalone: true,
  async run() {
    return [100, 1000, 5000].map(
      (nodes): Figure => ({
        name: `${nodes} nodes`,
        unit: "µs/pod",
        value: microsecondsPerPod(nodes),
        better: "lower",
      }),
    );
  },
};

function microsecondsPerPod(count: number): number {
  const nodes = new NodeTable();
  const cache = new SchedulerCache(nodes);
  for (let i = 0; i < count; i++) {
    const labels = { "topology.kubernetes.io/zone": `zone-${i % 3}` };
    cache.setNode({ metadata: { name: `node-${i}`, labels }, status: { allocatable: size } });
  }
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const unused = () => Promise.reject(new Error("nothing is bound here"));
  const client = { createSubresource: unused, get: unused };
  const clock = new VirtualClock();
  const profile = defaultProfile({ client, clock, seenRevision: () => "", random, evict: () => undefined });
  const framework = createFramework(profile);
  const scheduler = createPodScheduler({ framework, nodes, nominator: new Nominator(), random });
  const requests = { cpu: "100m", memory: "128Mi" };
  const startMs = performance.now();
  for (let i = 0; i < podsPerRun; i++) {
    const metadata = { name: `pod-${i}`, namespace: "default", uid: `uid-${i}` };
    const info = podInfo({ metadata, spec: { containers: [{ name: "c", image: "nginx", resources: { requests } }] } });
    const decision = scheduler.schedule(info);
    if (decision.kind === "placed") cache.assume(info, decision.nodeName);
  }
  return ((performance.now() - startMs) * 1000) / podsPerRun;
}

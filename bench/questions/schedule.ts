import { percentile } from "../load.ts";
import { makeNamespace, podJson, removeNamespace } from "../objects.ts";
import type { TargetQuestion } from "../question.ts";
import type { Target } from "../target.ts";
import { openLineWatch } from "../watch.ts";

const nodes = 1000;
const pods = 3000;

/** 3,000 Pods onto 1,000 nodes: created → bound, as a watcher sees it. The target's scheduler must be running. */
export const schedule: TargetQuestion = {
  name: "schedule",
  help: "3,000 Pods onto 1,000 nodes that the bench creates: created → bound",
  runs: 3,
  async prepare(target) {
    await eachInFlight(nodes, 32, (index) => createNode(target, `bench-node-${index}`));
  },
  async run(target, { stamp, round }) {
    const namespace = `bench-schedule-${stamp}-${round}`;
    await makeNamespace(target, namespace);
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const watch = await openLineWatch(target, path);
    const createdMs = new Map<string, number>();
    const bound = boundTimes(watch.lines, pods);
    const startMs = performance.now();
    await eachInFlight(pods, 32, async (index) => {
      createdMs.set(`s-${index}`, performance.now());
      await target.request("POST", path, { body: podJson({ namespace, name: `s-${index}` }) });
    });
    const boundMs = await bound;
    const endMs = performance.now();
    watch.stop();
    await removeNamespace(target, namespace);
    const latencies = [...boundMs].map(([name, at]) => at - (createdMs.get(name) ?? at)).sort((a, b) => a - b);
    return [
      { name: "bound", unit: "/s", value: (pods / (endMs - startMs)) * 1000, better: "higher" },
      { name: "created → bound p50", unit: "ms", value: percentile(latencies, 0.5), better: "lower" },
      { name: "created → bound p99", unit: "ms", value: percentile(latencies, 0.99), better: "lower" },
    ];
  },
  async cleanUp(target) {
    await eachInFlight(nodes, 32, async (index) => {
      await target.request("DELETE", `/api/v1/nodes/bench-node-${index}`, { accept: [200, 404] });
    });
  },
};

/** A node of 4 CPU, 32 GiB and 110 Pods that is ready and that no kubelet looks after. */
async function createNode(target: Target, name: string): Promise<void> {
  const size = { cpu: "4", memory: "32Gi", pods: "110" };
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const body = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: {
      capacity: size,
      allocatable: size,
      conditions: [
        { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: now, lastTransitionTime: now },
      ],
    },
  };
  await target.request("POST", "/api/v1/nodes", { body: JSON.stringify(body), accept: [201, 409] });
  // Admission adds the not-ready taint, which a node lifecycle controller would remove.
  const patch = { spec: { taints: null } };
  await target.request("PATCH", `/api/v1/nodes/${name}`, {
    contentType: "application/merge-patch+json",
    body: JSON.stringify(patch),
  });
}

async function eachInFlight(count: number, inFlight: number, call: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function boundTimes(lines: AsyncIterable<string>, count: number): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for await (const line of lines) {
    const name = line.includes('"nodeName":"') ? /"name":"(s-\d+)"/.exec(line)?.[1] : undefined;
    if (name !== undefined && !times.has(name)) times.set(name, performance.now());
    if (times.size >= count) return times;
  }
  throw new Error(`the watch ended after ${times.size} of ${count} bindings`);
}

import { expect, test } from "vitest";
import { numFeasibleNodesToFind } from "./feasible-nodes.ts";
import { NodeTable } from "./node-table.ts";
import { Nominator } from "./nominator.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { podInfo } from "./pod-info.ts";
import { createFramework } from "./profile.ts";
import { createPodScheduler } from "./schedule-pod.ts";

const binder = { name: "Binder", bind: () => Promise.resolve("bound" as const) };
const framework = createFramework({
  schedulerName: "default-scheduler",
  plugins: [{ plugin: prioritySort }, { plugin: nodeResourcesFit }, { plugin: binder }],
});

function cluster(count: number, options: { random?: () => number; zones?: number } = {}) {
  const nodes = new NodeTable();
  for (let i = 0; i < count; i++) {
    nodes.setNode({
      metadata: { name: `n${i}`, labels: { "topology.kubernetes.io/zone": `z${i % (options.zones ?? 1)}` } },
      status: { allocatable: { cpu: "4", memory: "8Gi", pods: "10" } },
    });
  }
  const nominator = new Nominator();
  const scheduler = createPodScheduler({ framework, nodes, nominator, random: options.random ?? (() => 0.999) });
  return { nodes, nominator, scheduler };
}

const pod = (name: string, options: { cpu?: string; priority?: number } = {}) =>
  podInfo({
    metadata: { name, namespace: "default", uid: name },
    spec: {
      priority: options.priority ?? 0,
      containers: [{ name: "c", resources: { requests: { cpu: options.cpu ?? "1" } } }],
    },
  });

test.each([
  [5, 0, 5],
  [99, 0, 99],
  [100, 0, 100],
  [500, 0, 230],
  [1000, 0, 420],
  [5000, 0, 500],
  [6000, 0, 300],
  [6000, 50, 3000],
  [1000, 100, 1000],
  [1000, 1, 100],
])("of %i nodes at %i percent, %i feasible ones are enough", (candidates, percentage, want) => {
  expect(numFeasibleNodesToFind(candidates, percentage)).toBe(want);
});

test("the search stops when it has enough and goes on from there the next time", () => {
  const { scheduler, nodes } = cluster(500);
  const first = scheduler.schedule(pod("a"));
  const second = scheduler.schedule(pod("b"));
  if (first.kind !== "placed" || second.kind !== "placed") throw new Error("both should be placed");
  expect([first.evaluated, first.feasible, second.evaluated]).toEqual([230, 230, 230]);
  expect(second.scoring?.nodes[0]).toBe(nodes.order[230]);
});

test("zones take turns in the order of the search", () => {
  const { nodes } = cluster(6, { zones: 2 });
  expect([...nodes.order].map((index) => nodes.name(index))).toEqual(["n0", "n1", "n2", "n3", "n4", "n5"]);
  nodes.removeNode("n1");
  expect([...nodes.order].map((index) => nodes.name(index))).toEqual(["n0", "n3", "n2", "n5", "n4"]);
});

test("ties are broken by chance, each with the same", () => {
  const counts = new Map<string, number>();
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const { scheduler } = cluster(4, { random });
  for (let i = 0; i < 4000; i++) {
    const decision = scheduler.schedule(pod("p"));
    if (decision.kind === "placed") counts.set(decision.nodeName, (counts.get(decision.nodeName) ?? 0) + 1);
  }
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  expect(counts.size).toBe(4);
});

test("a Pod that was promised a node gets that one", () => {
  const { scheduler, nominator } = cluster(5);
  const preemptor = pod("p", { priority: 10 });
  nominator.set(preemptor, "n3");
  expect(scheduler.schedule(preemptor)).toMatchObject({ kind: "placed", nodeName: "n3", evaluated: 1 });
});

test("room promised to a Pod of higher priority is not given away, to a lower one it is", () => {
  const { scheduler, nominator, nodes } = cluster(1);
  nominator.set(pod("promised", { cpu: "3", priority: 10 }), "n0");
  expect(scheduler.schedule(pod("low", { cpu: "2", priority: 5 })).kind).toBe("unschedulable");
  expect(scheduler.schedule(pod("high", { cpu: "2", priority: 11 })).kind).toBe("placed");
  expect(nodes.podCount[0]).toBe(0);
});

test("a node that goes and comes back keeps count of the Pods on it", () => {
  const { scheduler, nodes } = cluster(1);
  const placed = pod("placed", { cpu: "3" });
  nodes.addPod("n0", placed);
  nodes.removeNode("n0");
  expect(nodes.length).toBe(0);
  expect(scheduler.schedule(pod("a")).kind).toBe("unschedulable");
  nodes.setNode({ metadata: { name: "n0" }, status: { allocatable: { cpu: "4", memory: "1Gi", pods: "10" } } });
  expect(scheduler.schedule(pod("b", { cpu: "2" })).kind).toBe("unschedulable");
  nodes.removePod("n0", placed);
  expect(scheduler.schedule(pod("b", { cpu: "2" })).kind).toBe("placed");
});

test("more nodes than the arrays were made for", () => {
  const { nodes } = cluster(200);
  expect(nodes.length).toBe(200);
  expect(nodes.cpu.allocatable[nodes.indexOf("n199") ?? -1]).toBe(4000);
});

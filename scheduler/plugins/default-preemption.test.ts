import { expect, test } from "vitest";
import type { Pod } from "../../api/generated/types.ts";
import type { PostFilterResult } from "../framework.ts";
import { NodeTable } from "../node-table.ts";
import { Nominator } from "../nominator.ts";
import { podInfo } from "../pod-info.ts";
import { createFramework } from "../profile.ts";
import { createPodScheduler } from "../schedule-pod.ts";
import type { Candidate } from "../victims.ts";
import { createDefaultPreemption } from "./default-preemption.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { prioritySort } from "./priority-sort.ts";

interface PodRow {
  readonly name: string;
  readonly cpu: string;
  readonly priority?: number;
  readonly start?: string;
  readonly policy?: string;
  readonly terminating?: true;
}

function pod(row: PodRow): Pod {
  const { name, cpu, priority = 0, start, policy, terminating } = row;
  return {
    metadata: { name, namespace: "d", uid: name, ...(terminating && { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
    spec: {
      priority,
      containers: [{ name: "c", resources: { requests: { cpu } } }],
      ...(policy !== undefined && { preemptionPolicy: policy }),
    },
    status: {
      ...(start !== undefined && { startTime: start }),
      ...(terminating && {
        conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }],
      }),
    },
  };
}

/** PostFilter for a Pod in a cluster of nodes with 4 cores each; `nodes[i]` are the Pods on `n<i>`. */
function preempt(row: { pod: PodRow; nodes: readonly (readonly PodRow[])[]; nominated?: string }) {
  const evicted: Candidate[] = [];
  const plugin = createDefaultPreemption({ random: () => 0, evict: (_, candidate) => evicted.push(candidate) });
  const table = new NodeTable();
  row.nodes.forEach((pods, i) => {
    table.setNode({ metadata: { name: `n${i}` }, status: { allocatable: { cpu: "4", memory: "1Gi", pods: "10" } } });
    for (const other of pods) table.addPod(`n${i}`, podInfo(pod(other)));
  });
  const before = JSON.stringify([table.cpu.requested, table.podCount]);
  const nominator = new Nominator();
  const info = podInfo(pod(row.pod));
  if (row.nominated !== undefined) nominator.set(info, row.nominated);
  const binder = { name: "Binder", bind: () => Promise.resolve("bound" as const) };
  const framework = createFramework({
    schedulerName: "default-scheduler",
    plugins: [{ plugin: prioritySort }, { plugin: nodeResourcesFit }, { plugin: binder }],
  });
  const decision = createPodScheduler({ framework, nodes: table, nominator, random: () => 0 }).schedule(info);
  if (decision.kind !== "unschedulable") throw new Error("the Pod fits without preemption");
  const { diagnosis, filters } = decision;
  const result: PostFilterResult | undefined = plugin.postFilter?.({
    pod: info,
    nodes: table,
    diagnosis,
    filters,
    nominator,
  });
  expect(JSON.stringify([table.cpu.requested, table.podCount]), "the table is as before").toBe(before);
  return {
    result,
    victims: evicted.map(({ nodeName, victims }) => [nodeName, ...victims.map((victim) => victim.name)]),
  };
}

const high = { name: "p", cpu: "3", priority: 100 };

test.each<{ row: string; pod: PodRow; nodes: readonly (readonly PodRow[])[]; want: string }>([
  {
    row: "all Pods are as important",
    pod: { ...high, priority: 0 },
    nodes: [[{ name: "a", cpu: "3" }], [{ name: "b", cpu: "3" }]],
    want: "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
  },
  {
    row: "larger than any node",
    pod: { ...high, cpu: "5" },
    nodes: [[{ name: "a", cpu: "3" }]],
    want: "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  },
  {
    row: "what is less important takes too little",
    pod: high,
    nodes: [
      [
        { name: "a", cpu: "3", priority: 200 },
        { name: "b", cpu: "1" },
      ],
      [{ name: "c", cpu: "3", priority: 200 }],
    ],
    want: "preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.",
  },
  {
    row: "its policy forbids it",
    pod: { ...high, policy: "Never" },
    nodes: [[{ name: "a", cpu: "3" }]],
    want: "preemption: not eligible due to preemptionPolicy=Never.",
  },
])("no preemption: $row", ({ want, ...row }) => {
  const { result, victims } = preempt(row);
  expect(result).toMatchObject({ kind: "unschedulable", message: want });
  expect(victims).toEqual([]);
});

test("the room of victims on their way out is waited for", () => {
  const nodes = [[{ name: "a", cpu: "3", terminating: true } as const]];
  const { result } = preempt({ pod: high, nodes, nominated: "n0" });
  expect(result).toEqual({
    kind: "unschedulable",
    message: "preemption: not eligible due to a terminating pod on the nominated node.",
  });
});

test.each<{ row: string; nodes: readonly (readonly PodRow[])[]; want: readonly string[] }>([
  {
    row: "only as many go as have to, the least important",
    nodes: [
      [
        { name: "a", cpu: "1", priority: 2 },
        { name: "b", cpu: "1", priority: 1 },
        { name: "c", cpu: "1", priority: 3 },
      ],
    ],
    want: ["n0", "a", "b"],
  },
  {
    row: "the node whose most important victim is least important",
    nodes: [[{ name: "a", cpu: "3", priority: 9 }], [{ name: "b", cpu: "3", priority: 5 }]],
    want: ["n1", "b"],
  },
  {
    row: "then the smallest sum of priorities: fewer victims",
    nodes: [
      [
        { name: "a", cpu: "2", priority: 5 },
        { name: "b", cpu: "2", priority: 5 },
      ],
      [{ name: "c", cpu: "4", priority: 5 }],
    ],
    want: ["n1", "c"],
  },
  {
    row: "then the one that has run for the shortest time",
    nodes: [
      [{ name: "a", cpu: "4", start: "2026-01-01T00:00:00Z" }],
      [{ name: "b", cpu: "4", start: "2026-01-02T00:00:00Z" }],
    ],
    want: ["n1", "b"],
  },
  {
    row: "of equals on a node, those that have run longer stay",
    nodes: [
      [
        { name: "a", cpu: "2", start: "2026-01-02T00:00:00Z" },
        { name: "b", cpu: "1", start: "2026-01-01T00:00:00Z" },
      ],
    ],
    want: ["n0", "a"],
  },
])("preemption: $row", ({ nodes, want }) => {
  const { result, victims } = preempt({ pod: high, nodes });
  expect(result).toEqual({ kind: "nominated", nodeName: want[0] });
  expect(victims).toEqual([want]);
});

import { expect, test } from "vitest";
import { type Diagnosis, fitErrorMessage, unschedulablePlugins } from "./diagnosis.ts";
import { rejection } from "./rejection.ts";

const cpu = rejection("NodeResourcesFit", "Unschedulable", "Insufficient cpu");
const cpuAndMemory = rejection("NodeResourcesFit", "Unschedulable", "Insufficient cpu", "Insufficient memory");
const cordoned = rejection("NodeUnschedulable", "UnschedulableAndUnresolvable", "node(s) were unschedulable");
const conflict = rejection("NodeAffinity", "UnschedulableAndUnresolvable", "pod affinity terms conflict");

const diagnosis = (totalNodes: number, change: Partial<Diagnosis> = {}): Diagnosis => ({
  totalNodes,
  rejections: new Map(),
  leftOut: { plugins: [], count: 0 },
  preFilter: undefined,
  ...change,
});
const each = (...reasons: readonly (typeof cpu)[]) => new Map(reasons.map((reason, node) => [node, reason]));

test.each([
  { row: "no nodes", diagnosis: diagnosis(0), postFilter: "", want: "no nodes available to schedule pods" },
  {
    row: "one reason",
    diagnosis: diagnosis(2, { rejections: each(cpu, cpu) }),
    postFilter: "",
    want: "0/2 nodes are available: 2 Insufficient cpu.",
  },
  {
    row: "a node with two reasons counts in both",
    diagnosis: diagnosis(2, { rejections: each(cpuAndMemory, cordoned) }),
    postFilter: "preemption: no.",
    want: "0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) were unschedulable. preemption: no.",
  },
  {
    row: "sorted as text: 10 before 2",
    diagnosis: diagnosis(12, { rejections: each(...Array.from({ length: 10 }, () => cordoned), cpu, cpu) }),
    postFilter: "",
    want: "0/12 nodes are available: 10 node(s) were unschedulable, 2 Insufficient cpu.",
  },
  {
    row: "nodes that PreFilter left out",
    diagnosis: diagnosis(3, { rejections: each(cpu), leftOut: { plugins: ["NodeAffinity"], count: 2 } }),
    postFilter: "",
    want: "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
  },
  {
    row: "PreFilter turned it down",
    diagnosis: diagnosis(3, { preFilter: conflict }),
    postFilter: "",
    want: "0/3 nodes are available: pod affinity terms conflict.",
  },
])("message: $row", ({ diagnosis: given, postFilter, want }) => {
  expect(fitErrorMessage(given, postFilter)).toBe(want);
});

test("every plugin with a part in the failure is asked about later events", () => {
  const given = diagnosis(3, { rejections: each(cpu, cordoned), leftOut: { plugins: ["NodeAffinity"], count: 1 } });
  expect([...unschedulablePlugins(given)].sort()).toEqual(["NodeAffinity", "NodeResourcesFit", "NodeUnschedulable"]);
});

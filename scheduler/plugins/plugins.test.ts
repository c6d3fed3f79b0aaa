import { describe, expect, test } from "vitest";
import type { Node, Pod, PodSpec, Taint } from "../../api/generated/types.ts";
import type { Plugin } from "../framework.ts";
import { NodeTable } from "../node-table.ts";
import { podInfo } from "../pod-info.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { taintToleration } from "./taint-toleration.ts";

const container = { name: "c", image: "x" };
let uid = 0;

function pod(spec: Partial<PodSpec>): Pod {
  return { metadata: { name: "p", namespace: "default", uid: `${uid++}` }, spec: { containers: [container], ...spec } };
}

const requesting = (requests: Record<string, string>) =>
  pod({ containers: [{ ...container, resources: { requests } }] });
const onHostPort = (hostPort: number, more: { hostIP?: string; protocol?: string } = {}) =>
  pod({ containers: [{ ...container, ports: [{ containerPort: 80, hostPort, ...more }] }] });

function node(change: {
  spec?: Node["spec"];
  labels?: Record<string, string>;
  allocatable?: Record<string, string>;
}): Node {
  return {
    metadata: { name: "node-0", labels: { zone: "a", cores: "4", ...change.labels } },
    spec: change.spec ?? {},
    status: { allocatable: change.allocatable ?? { cpu: "4", memory: "8Gi", pods: "3" } },
  };
}

const tainted = (...taints: Taint[]) => node({ spec: { taints } });

/** `code: reasons` of the plugin's verdict on the only node, `fits` or `skipped`. */
function verdict(plugin: Plugin, row: { pod: Pod; node?: Node; others?: readonly Pod[] }): string {
  const nodes = new NodeTable();
  const index = nodes.setNode(row.node ?? node({}));
  for (const other of row.others ?? []) nodes.addPod("node-0", podInfo(other));
  const result = plugin.preFilter?.(podInfo(row.pod), nodes);
  if (result === undefined || result.kind === "skip") return "skipped";
  if (result.kind === "reject") return `${result.rejection.code}: ${result.rejection.reasons.join("; ")}`;
  const rejected = result.filter.filter(index);
  return rejected === undefined ? "fits" : `${rejected.code}: ${rejected.reasons.join("; ")}`;
}

const never = "UnschedulableAndUnresolvable";
const cordoned = node({ spec: { unschedulable: true } });
const hard = { key: "k", value: "v", effect: "NoSchedule" };
const expression = (key: string, operator: string, ...values: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
      },
    },
  },
});
const names = (...terms: string[][]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((values) => ({
          matchFields: values.map((value) => ({ key: "metadata.name", operator: "In", values: [value] })),
        })),
      },
    },
  },
});
const full = requesting({ cpu: "3500m", memory: "8Gi" });

describe("filters", () => {
  test.each([
    { row: "no node is cordoned", plugin: nodeUnschedulable, pod: pod({}), want: "skipped" },
    {
      row: "cordoned",
      plugin: nodeUnschedulable,
      pod: pod({}),
      node: cordoned,
      want: `${never}: node(s) were unschedulable`,
    },
    {
      row: "cordoned, tolerated",
      plugin: nodeUnschedulable,
      pod: pod({ tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] }),
      node: cordoned,
      want: "skipped",
    },
    {
      row: "another node name",
      plugin: nodeName,
      pod: pod({ nodeName: "x" }),
      want: `${never}: node(s) didn't match the requested node name`,
    },
    { row: "this node name", plugin: nodeName, pod: pod({ nodeName: "node-0" }), want: "fits" },
    {
      row: "untolerated taint",
      plugin: taintToleration,
      pod: pod({}),
      node: tainted(hard),
      want: `${never}: node(s) had untolerated taint(s)`,
    },
    {
      row: "PreferNoSchedule never filters",
      plugin: taintToleration,
      pod: pod({}),
      node: tainted({ ...hard, effect: "PreferNoSchedule" }),
      want: "skipped",
    },
    {
      row: "Equal tolerates its value",
      plugin: taintToleration,
      pod: pod({ tolerations: [{ key: "k", value: "v" }] }),
      node: tainted(hard),
      want: "fits",
    },
    {
      row: "Equal does not tolerate another value",
      plugin: taintToleration,
      pod: pod({ tolerations: [{ key: "k", operator: "Equal", value: "w" }] }),
      node: tainted(hard),
      want: `${never}: node(s) had untolerated taint(s)`,
    },
    {
      row: "a toleration of another effect",
      plugin: taintToleration,
      pod: pod({ tolerations: [{ key: "k", operator: "Exists", effect: "NoExecute" }] }),
      node: tainted(hard),
      want: `${never}: node(s) had untolerated taint(s)`,
    },
    {
      row: "no key and Exists tolerates all",
      plugin: taintToleration,
      pod: pod({ tolerations: [{ operator: "Exists" }] }),
      node: tainted(hard),
      want: "fits",
    },
    { row: "selector matches", plugin: nodeAffinity, pod: pod({ nodeSelector: { zone: "a" } }), want: "fits" },
    {
      row: "selector does not match",
      plugin: nodeAffinity,
      pod: pod({ nodeSelector: { zone: "b" } }),
      want: `${never}: node(s) didn't match Pod's node affinity/selector`,
    },
    { row: "neither selector nor affinity", plugin: nodeAffinity, pod: pod({}), want: "skipped" },
    {
      row: "NotIn matches an absent label",
      plugin: nodeAffinity,
      pod: pod(expression("nope", "NotIn", "x")),
      want: "fits",
    },
    {
      row: "DoesNotExist of a present label",
      plugin: nodeAffinity,
      pod: pod(expression("zone", "DoesNotExist")),
      want: `${never}: node(s) didn't match Pod's node affinity/selector`,
    },
    {
      row: "Exists is not fooled by Object.prototype",
      plugin: nodeAffinity,
      pod: pod(expression("constructor", "Exists")),
      want: `${never}: node(s) didn't match Pod's node affinity/selector`,
    },
    { row: "Gt compares numbers", plugin: nodeAffinity, pod: pod(expression("cores", "Gt", "3")), want: "fits" },
    {
      row: "Lt of what is no number",
      plugin: nodeAffinity,
      pod: pod(expression("zone", "Lt", "3")),
      want: `${never}: node(s) didn't match Pod's node affinity/selector`,
    },
    {
      row: "a term without content matches nothing",
      plugin: nodeAffinity,
      pod: pod({
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } },
      }),
      want: `${never}: node(s) didn't match Pod's node affinity/selector`,
    },
    { row: "terms are alternatives", plugin: nodeAffinity, pod: pod(names(["x"], ["node-0"])), want: "fits" },
    {
      row: "a term that contradicts itself",
      plugin: nodeAffinity,
      pod: pod(names(["x", "y"])),
      want: `${never}: pod affinity terms conflict`,
    },
    { row: "host port free", plugin: nodePorts, pod: onHostPort(80), others: [onHostPort(81)], want: "fits" },
    {
      row: "host port taken",
      plugin: nodePorts,
      pod: onHostPort(80),
      others: [onHostPort(80)],
      want: "Unschedulable: node(s) didn't have free ports for the requested pod ports",
    },
    {
      row: "another protocol",
      plugin: nodePorts,
      pod: onHostPort(80, { protocol: "UDP" }),
      others: [onHostPort(80)],
      want: "fits",
    },
    {
      row: "another address",
      plugin: nodePorts,
      pod: onHostPort(80, { hostIP: "10.0.0.1" }),
      others: [onHostPort(80, { hostIP: "10.0.0.2" })],
      want: "fits",
    },
    {
      row: "any address clashes with one",
      plugin: nodePorts,
      pod: onHostPort(80),
      others: [onHostPort(80, { hostIP: "10.0.0.2" })],
      want: "Unschedulable: node(s) didn't have free ports for the requested pod ports",
    },
    { row: "no host ports", plugin: nodePorts, pod: pod({}), want: "skipped" },
    { row: "room for all", plugin: nodeResourcesFit, pod: full, want: "fits" },
    {
      row: "exactly full is room",
      plugin: nodeResourcesFit,
      pod: requesting({ cpu: "500m" }),
      others: [full],
      want: "fits",
    },
    {
      row: "all that is short is named",
      plugin: nodeResourcesFit,
      pod: requesting({ cpu: "1", memory: "1" }),
      others: [full],
      want: "Unschedulable: Insufficient cpu; Insufficient memory",
    },
    {
      row: "more than the node has",
      plugin: nodeResourcesFit,
      pod: requesting({ cpu: "4001m" }),
      want: `${never}: Insufficient cpu`,
    },
    {
      row: "a resource the node has not",
      plugin: nodeResourcesFit,
      pod: requesting({ "example.com/gpu": "1" }),
      want: `${never}: Insufficient example.com/gpu`,
    },
    {
      row: "0 of a resource the node has not",
      plugin: nodeResourcesFit,
      pod: requesting({ "example.com/gpu": "0" }),
      want: "fits",
    },
    {
      row: "too many Pods, also for one that requests nothing",
      plugin: nodeResourcesFit,
      pod: pod({}),
      others: [pod({}), pod({}), pod({})],
      want: "Unschedulable: Too many pods",
    },
  ])("$plugin.name: $row", ({ plugin, want, ...row }) => {
    expect(verdict(plugin, row)).toBe(want);
  });

  test("NodeAffinity narrows the search to the names that every term pins", () => {
    const nodes = new NodeTable();
    const result = nodeAffinity.preFilter?.(podInfo(pod(names(["node-0"], ["node-7"]))), nodes);
    expect(result).toMatchObject({ kind: "filter", nodeNames: ["node-0", "node-7"] });
  });

  test("SchedulingGates names the gates that keep a Pod out", () => {
    const gated = pod({ schedulingGates: [{ name: "a" }, { name: "b" }] });
    expect(schedulingGates.preEnqueue?.(podInfo(gated))).toBe("waiting for scheduling gates: [a b]");
    expect(schedulingGates.preEnqueue?.(podInfo(pod({})))).toBeUndefined();
  });
});

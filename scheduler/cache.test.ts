import { expect, test } from "vitest";
import type { Node, NodeSelectorRequirement, Pod, Taint, Toleration } from "../api/generated/types.ts";
import { SchedulerCache } from "./cache.ts";
import { NodeTable } from "./node-table.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodePorts } from "./plugins/node-ports.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import { podInfo } from "./pod-info.ts";

/** Numbers that look random and are the same in every run. */
function randomFrom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return {
    below: (limit: number) => Math.floor(next() * limit),
    oneIn: (chance: number) => next() * chance < 1,
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T,
  };
}
type Random = ReturnType<typeof randomFrom>;

const effects = ["NoSchedule", "NoExecute", "PreferNoSchedule"];

function randomNode(random: Random, name: string): Node {
  const taint = (): Taint => ({
    key: random.pick(["a", "b"]),
    value: random.pick(["1", "2"]),
    effect: random.pick(effects),
  });
  const allocatable = { cpu: `${random.below(8)}`, memory: `${random.below(8)}Gi`, pods: `${random.below(12)}` };
  return {
    metadata: { name, labels: { disk: random.pick(["ssd", "hdd"]), cores: `${random.below(9)}` } },
    spec: { taints: Array.from({ length: random.below(3) }, taint) },
    status: {
      allocatable: random.oneIn(3) ? { ...allocatable, "example.com/gpu": `${random.below(4)}` } : allocatable,
    },
  };
}

function randomPod(random: Random, uid: string): Pod {
  const requests: Record<string, string> = {};
  if (!random.oneIn(3)) requests["cpu"] = `${random.below(20) * 100}m`;
  if (!random.oneIn(3)) requests["memory"] = `${random.below(4)}Gi`;
  if (random.oneIn(6)) requests["example.com/gpu"] = "1";
  const ports = [
    { containerPort: 80, hostPort: 8000 + random.below(3), hostIP: random.pick(["", "10.0.0.1", "10.0.0.2"]) },
  ];
  const toleration = (): Toleration => ({
    ...random.pick<Toleration>([
      { operator: "Exists" },
      { key: "a", operator: "Exists" },
      { key: "a", operator: "Equal", value: "1" },
      { key: "b", value: "2" },
    ]),
    ...(random.oneIn(2) && { effect: random.pick(effects) }),
  });
  const requirement = (): NodeSelectorRequirement =>
    random.pick<NodeSelectorRequirement>([
      { key: "disk", operator: "In", values: ["ssd"] },
      { key: "disk", operator: "NotIn", values: ["ssd", "tape"] },
      { key: "cores", operator: "Gt", values: ["4"] },
      { key: "cores", operator: "Exists" },
      { key: "missing", operator: "DoesNotExist" },
    ]);
  const nodeSelectorTerms = Array.from({ length: 1 + random.below(2) }, () => ({
    matchExpressions: Array.from({ length: 1 + random.below(2) }, requirement),
  }));
  return {
    metadata: { name: uid, namespace: "default", uid },
    spec: {
      containers: [{ name: "c", image: "x", resources: { requests }, ...(random.oneIn(3) && { ports }) }],
      tolerations: Array.from({ length: random.below(3) }, toleration),
      ...(random.oneIn(4) && { nodeSelector: { disk: "hdd" } }),
      ...(random.oneIn(3) && {
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
      }),
    },
  };
}

// The rules as Kubernetes documents them, from the objects themselves and without remembering anything.

const amount = (quantity = "0") =>
  quantity.endsWith("m")
    ? Number(quantity.slice(0, -1)) / 1000
    : quantity.endsWith("Gi")
      ? Number(quantity.slice(0, -2)) * 2 ** 30
      : Number(quantity);
const requestsOf = (pod: Pod) => pod.spec?.containers[0]?.resources?.requests ?? {};
const portsOf = (pod: Pod) => pod.spec?.containers[0]?.ports ?? [];
/** In thousandths, so that sums are exact. */
const sum = (pods: readonly Pod[], name: string) =>
  pods.reduce((total, pod) => total + Math.round(amount(requestsOf(pod)[name]) * 1000), 0);

function hasRoom(pod: Pod, node: Node, others: readonly Pod[]): boolean {
  const allocatable = node.status?.allocatable ?? {};
  if (others.length + 1 > Number(allocatable["pods"])) return false;
  const wanted = Object.keys(requestsOf(pod)).filter((name) => amount(requestsOf(pod)[name]) > 0);
  return wanted.every((name) => sum([...others, pod], name) <= Math.round(amount(allocatable[name]) * 1000));
}

const tolerates = (pod: Pod, taint: Taint) =>
  (pod.spec?.tolerations ?? []).some(
    ({ key, operator = "Equal", value = "", effect }) =>
      (effect === undefined || effect === taint.effect) &&
      (key === undefined || key === taint.key) &&
      (operator === "Exists" || value === taint.value),
  );

const isTolerable = (pod: Pod, node: Node) =>
  (node.spec?.taints ?? []).every((taint) => taint.effect === "PreferNoSchedule" || tolerates(pod, taint));

function isWanted(pod: Pod, node: Node): boolean {
  const labels: Record<string, string> = node.metadata?.labels ?? {};
  const meets = ({ key, operator, values = [] }: NodeSelectorRequirement) => {
    const value = labels[key];
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    if (operator === "Gt") return value !== undefined && Number(value) > Number(values[0]);
    return (operator === "Exists") === (value !== undefined);
  };
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const selected = Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  return selected && (terms?.some(({ matchExpressions = [] }) => matchExpressions.every(meets)) ?? true);
}

const hasPortsFree = (pod: Pod, others: readonly Pod[]) =>
  !portsOf(pod).some((port) =>
    others
      .flatMap(portsOf)
      .some(
        (other) => port.hostPort === other.hostPort && (port.hostIP === other.hostIP || !port.hostIP || !other.hostIP),
      ),
  );

const plugins = [
  { plugin: nodeResourcesFit, naive: hasRoom },
  { plugin: taintToleration, naive: isTolerable },
  { plugin: nodeAffinity, naive: isWanted },
  { plugin: nodePorts, naive: (pod: Pod, _node: Node, others: readonly Pod[]) => hasPortsFree(pod, others) },
];

test.each([1, 2, 3, 4, 5, 6])(
  "after any history the plugins answer as if the table had been made anew (seed %i)",
  (seed) => {
    const random = randomFrom(seed * 7919);
    const cache = new SchedulerCache(new NodeTable());
    const nodes = new Map<string, Node>();
    /** Where each Pod is, and whether that is only assumed. */
    const placed = new Map<string, { pod: Pod; nodeName: string; assumed: boolean }>();
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
    const uids = Array.from({ length: 30 }, (_, index) => `p${index}`);

    const steps: readonly (() => void)[] = [
      () => {
        const node = randomNode(random, random.pick(names));
        const name = node.metadata?.name ?? "";
        cache.setNode(node, nodes.get(name));
        nodes.set(name, node);
      },
      () => {
        const name = random.pick(names);
        // A node is forgotten now and then, also while Pods are on it.
        if (!random.oneIn(3)) return;
        cache.removeNode(name);
        nodes.delete(name);
      },
      ...Array.from({ length: 4 }, () => () => {
        const uid = random.pick(uids);
        const nodeName = random.pick(names);
        const pod = randomPod(random, uid);
        const assumed = random.oneIn(2);
        if (assumed) cache.assume(podInfo(pod), nodeName);
        else cache.setPod(podInfo(pod), nodeName);
        placed.set(uid, { pod, nodeName, assumed });
      }),
      () => {
        const uid = random.pick(uids);
        expect(cache.forget(uid)).toBe(placed.get(uid)?.assumed === true);
        if (placed.get(uid)?.assumed === true) placed.delete(uid);
      },
      () => {
        const uid = random.pick(uids);
        cache.removePod(uid);
        placed.delete(uid);
      },
    ];

    for (let step = 0; step < 400; step++) {
      random.pick(steps)();
      const probe = randomPod(random, "probe");
      expect([...cache.nodes.order].map((index) => cache.nodes.name(index)).toSorted()).toEqual(
        [...nodes.keys()].toSorted(),
      );
      for (const { plugin, naive } of plugins) {
        const prepared = plugin.preFilter?.(podInfo(probe), cache.nodes);
        for (const [name, node] of nodes) {
          const others = [...placed.values()].filter(({ nodeName }) => nodeName === name).map(({ pod }) => pod);
          const index = cache.nodes.indexOf(name) ?? -1;
          const fits =
            prepared?.kind === "filter" ? prepared.filter.filter(index) === undefined : prepared?.kind === "skip";
          if (fits !== naive(probe, node, others)) {
            expect.fail(`step ${step}: ${plugin.name} says ${fits} for ${JSON.stringify({ probe, node, others })}`);
          }
        }
      }
    }
  },
);

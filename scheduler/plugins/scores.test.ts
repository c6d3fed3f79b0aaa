import { expect, test } from "vitest";
import type { Node, Pod, PodSpec } from "../../api/generated/types.ts";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { defaultProfile } from "../default-profile.ts";
import { NodeTable } from "../node-table.ts";
import { Nominator } from "../nominator.ts";
import { podInfo } from "../pod-info.ts";
import { createFramework } from "../profile.ts";
import { createPodScheduler } from "../schedule-pod.ts";
import { withTag } from "./image-locality.ts";

const big = { names: ["docker.io/library/big:latest"], sizeBytes: 800_000_000 };
const other = { names: ["docker.io/library/other:1"], sizeBytes: 100_000_000 };

function node(name: string, allocatable: Record<string, string>, more: Partial<Node> = {}): Node {
  return { ...more, metadata: { name, labels: more.metadata?.labels ?? {} }, status: { allocatable, ...more.status } };
}

const large = { cpu: "16", memory: "64Gi", pods: "250" };
const nodes: readonly Node[] = [
  node("node-0", large),
  node("node-1", large),
  node("node-2", large),
  node(
    "s-small",
    { cpu: "4", memory: "8Gi", pods: "110" },
    {
      metadata: { labels: { zone: "a", disk: "ssd" } },
      spec: { taints: [{ key: "soft", value: "x", effect: "PreferNoSchedule" }] },
      status: { images: [big] },
    },
  ),
  node(
    "s-wide",
    { cpu: "32", memory: "16Gi", pods: "110" },
    { metadata: { labels: { zone: "b", disk: "hdd" } }, status: { images: [big, other] } },
  ),
];

const pod = (name: string, spec: PodSpec): Pod => ({ metadata: { name, namespace: "default", uid: name }, spec });
const requests = (amounts: Record<string, string>) => ({ resources: { requests: amounts } });

/** Each Pod is scored where those before it were placed by the real kube-scheduler 1.36.3, which gave these scores. */
const rows: readonly { pod: Pod; placedOn: string; want: Record<string, Record<string, number>> }[] = [
  {
    pod: pod("s1-none", { containers: [{ name: "c", image: "x" }] }),
    placedOn: "node-0",
    want: {
      "node-0": { TaintToleration: 300, NodeResourcesFit: 99 },
      "node-1": { TaintToleration: 300, NodeResourcesFit: 99 },
      "node-2": { TaintToleration: 300, NodeResourcesFit: 99 },
      "s-small": { TaintToleration: 0, NodeResourcesFit: 97 },
      "s-wide": { TaintToleration: 300, NodeResourcesFit: 98 },
    },
  },
  {
    pod: pod("s2-cpu", {
      containers: [{ name: "c", image: "docker.io/library/big:latest", ...requests({ cpu: "2" }) }],
    }),
    placedOn: "s-wide",
    want: {
      "node-0": { ImageLocality: 0, NodeResourcesBalancedAllocation: 71, NodeResourcesFit: 92, TaintToleration: 300 },
      "node-1": { ImageLocality: 0, NodeResourcesBalancedAllocation: 71, NodeResourcesFit: 93, TaintToleration: 300 },
      "node-2": { ImageLocality: 0, NodeResourcesBalancedAllocation: 71, NodeResourcesFit: 93, TaintToleration: 300 },
      "s-small": { ImageLocality: 28, NodeResourcesBalancedAllocation: 62, NodeResourcesFit: 73, TaintToleration: 0 },
      "s-wide": { ImageLocality: 28, NodeResourcesBalancedAllocation: 73, NodeResourcesFit: 95, TaintToleration: 300 },
    },
  },
  {
    pod: pod("s3-both", { containers: [{ name: "c", image: "big", ...requests({ cpu: "1500m", memory: "3Gi" }) }] }),
    placedOn: "node-0",
    want: {
      "node-0": { NodeResourcesBalancedAllocation: 73, NodeResourcesFit: 92, TaintToleration: 300 },
      "node-1": { NodeResourcesBalancedAllocation: 73, NodeResourcesFit: 92, TaintToleration: 300 },
      "node-2": { NodeResourcesBalancedAllocation: 73, NodeResourcesFit: 92, TaintToleration: 300 },
      "s-small": { NodeResourcesBalancedAllocation: 75, NodeResourcesFit: 62, TaintToleration: 0 },
      "s-wide": { NodeResourcesBalancedAllocation: 75, NodeResourcesFit: 84, TaintToleration: 300 },
    },
  },
  {
    pod: pod("s4-pref", {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 30, preference: { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] } },
            { weight: 10, preference: { matchExpressions: [{ key: "zone", operator: "Exists" }] } },
          ],
        },
      },
      tolerations: [{ key: "soft", operator: "Exists" }],
      containers: [{ name: "c", image: "docker.io/library/other:1", ...requests({ cpu: "500m", memory: "1Gi" }) }],
      initContainers: [{ name: "i", image: "docker.io/library/big:latest", ...requests({ cpu: "1", memory: "2Gi" }) }],
    }),
    placedOn: "s-small",
    want: {
      "node-0": {
        ImageLocality: 0,
        NodeAffinity: 0,
        NodeResourcesBalancedAllocation: 74,
        NodeResourcesFit: 87,
        TaintToleration: 300,
      },
      "node-1": {
        ImageLocality: 0,
        NodeAffinity: 0,
        NodeResourcesBalancedAllocation: 74,
        NodeResourcesFit: 94,
        TaintToleration: 300,
      },
      "node-2": {
        ImageLocality: 0,
        NodeAffinity: 0,
        NodeResourcesBalancedAllocation: 74,
        NodeResourcesFit: 94,
        TaintToleration: 300,
      },
      "s-small": {
        ImageLocality: 14,
        NodeAffinity: 200,
        NodeResourcesBalancedAllocation: 75,
        NodeResourcesFit: 75,
        TaintToleration: 300,
      },
      "s-wide": {
        ImageLocality: 15,
        NodeAffinity: 50,
        NodeResourcesBalancedAllocation: 76,
        NodeResourcesFit: 88,
        TaintToleration: 300,
      },
    },
  },
];

test("scores are those of kube-scheduler 1.36.3, Pod by Pod", () => {
  const table = new NodeTable();
  for (const object of nodes) table.setNode(object);
  const unused = () => Promise.reject(new Error("nothing is bound here"));
  const framework = createFramework(
    defaultProfile({
      client: { createSubresource: unused, get: unused },
      clock: new VirtualClock(),
      seenRevision: () => "",
      random: () => 0,
      evict: () => undefined,
    }),
  );
  const scheduler = createPodScheduler({ framework, nodes: table, nominator: new Nominator(), random: () => 0 });
  for (const row of rows) {
    const info = podInfo(row.pod);
    const decision = scheduler.schedule(info);
    expect(decision.kind).toBe("placed");
    if (decision.kind !== "placed" || decision.scoring === undefined) continue;
    const got: Record<string, Record<string, number>> = {};
    decision.scoring.nodes.forEach((index, i) => {
      const scores =
        decision.scoring?.byPlugin.map(({ plugin, weight, scores }) => [plugin, weight * scores[i]!]) ?? [];
      got[table.name(index)] = Object.fromEntries(scores.filter(([plugin]) => String(plugin) in row.want["node-0"]!));
    });
    expect(got, row.pod.metadata?.name).toEqual(row.want);
    table.addPod(row.placedOn, info);
  }
});

test.each([
  ["nginx", "nginx:latest"],
  ["nginx:1", "nginx:1"],
  ["localhost:5000/nginx", "localhost:5000/nginx:latest"],
  ["nginx@sha256:0", "nginx@sha256:0"],
])("an image is known by its tag: %s → %s", (image, want) => {
  expect(withTag(image)).toBe(want);
});

import { expect, test } from "vitest";
import type { Node, Pod } from "../api/generated/types.ts";
import { NodeAdmission } from "./node-admission.ts";

const node: Node = {
  metadata: { name: "node-0", labels: { zone: "a" } },
  spec: {
    taints: [
      { key: "soft", effect: "NoSchedule" },
      { key: "hard", effect: "NoExecute" },
    ],
  },
  status: { allocatable: { cpu: "2", memory: "1Gi", "ephemeral-storage": "1Gi", pods: "2" } },
};

let uids = 0;
const pod = (spec: Pod["spec"] | undefined, labels: Record<string, string> = {}): Pod => ({
  metadata: { name: "p", uid: `uid-${uids++}`, labels },
  spec: { nodeName: "node-0", containers: [], tolerations: [{ operator: "Exists" }], ...spec },
});
const asking = (requests: Record<string, string>, more: Partial<Pod["spec"]> = {}) =>
  pod({ containers: [{ name: "c", resources: { requests } }], ...more });
const onPort = (hostPort: number) => pod({ containers: [{ name: "c", ports: [{ containerPort: 1, hostPort }] }] });
const short = (resource: string, amounts: string) => ({
  reason: `OutOf${resource}`,
  message: `Node didn't have enough resource: ${resource}, ${amounts}`,
});
const predicate = (reason: string, why: string) => ({ reason, message: `Predicate ${reason} failed: ${why}` });

test.each([
  ["what fits", [asking({ cpu: "1" })], asking({ cpu: "1", memory: "1Gi" }), undefined],
  [
    "cpu",
    [asking({ cpu: "1500m" })],
    asking({ cpu: "1" }),
    short("cpu", "requested: 1000, used: 1500, capacity: 2000"),
  ],
  [
    "cpu before memory",
    [],
    asking({ memory: "2Gi", cpu: "3" }),
    short("cpu", "requested: 3000, used: 0, capacity: 2000"),
  ],
  ["memory", [], asking({ memory: "2Gi" }), short("memory", "requested: 2147483648, used: 0, capacity: 1073741824")],
  [
    "ephemeral storage",
    [],
    asking({ "ephemeral-storage": "2Gi" }),
    short("ephemeral-storage", "requested: 2147483648, used: 0, capacity: 1073741824"),
  ],
  [
    "pods before all else",
    [asking({}), asking({})],
    asking({ cpu: "9" }),
    short("pods", "requested: 1, used: 2, capacity: 2"),
  ],
  [
    "huge pages",
    [],
    asking({ "hugepages-2Mi": "2Mi" }),
    short("hugepages-2Mi", "requested: 2097152, used: 0, capacity: 0"),
  ],
  ["what the node does not know", [], asking({ "example.com/gpu": "1" }), undefined],
  [
    "a selector",
    [],
    pod({ containers: [], nodeSelector: { zone: "b" } }),
    predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"),
  ],
  ["a free port", [onPort(80)], onPort(81), undefined],
  [
    "a port",
    [onPort(80)],
    onPort(80),
    predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports"),
  ],
  [
    "a taint that ends pods",
    [],
    pod({ containers: [], tolerations: [{ key: "soft", operator: "Exists" }] }),
    predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate"),
  ],
  [
    "a taint that only keeps the scheduler away",
    [],
    pod({ containers: [], tolerations: [{ key: "hard", operator: "Exists" }] }),
    undefined,
  ],
  [
    "another system",
    [],
    pod({ containers: [], os: { name: "windows" } }),
    { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" },
  ],
])("%s", (_name, others, asked, refusal) => {
  const admission = new NodeAdmission();
  for (const other of others) admission.occupy(other);
  expect(admission.refusal(asked, node)).toEqual(refusal);
});

test("a pod that is resized holds what it requests now, and nothing once it has gone", () => {
  const admission = new NodeAdmission();
  const small = asking({ cpu: "1" });
  const uid = small.metadata?.uid ?? "";
  const resized = asking({ cpu: "2" });
  resized.metadata = { ...resized.metadata, uid, generation: 2 };
  admission.occupy(small);
  admission.occupy(small);
  expect(admission.refusal(asking({ cpu: "1" }), node)).toBeUndefined();
  admission.occupy(resized);
  expect(admission.refusal(asking({ cpu: "1" }), node)).toMatchObject({ reason: "OutOfcpu" });
  admission.release(uid);
  expect(admission.refusal(asking({ cpu: "2" }), node)).toBeUndefined();
});

import type { Node, NodeCondition, NodeStatus, Taint } from "../api/generated/types.ts";
import { hexDigest } from "./hash.ts";

export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  /** Where logs are served. */
  readonly port: number;
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a node that is new; those that others give it or take from it later stay so. */
  readonly taints?: readonly Taint[];
}

const healthy: readonly (readonly [type: string, status: "True" | "False", reason: string, message: string])[] = [
  ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ["Ready", "True", "KubeletReady", "kubelet is posting ready status"],
];

/** The Node as a kubelet registers it. @see k8s.io/kubernetes v1.36.0 pkg/kubelet/kubelet_node_status.go */
export function nodeObject(facts: NodeFacts, now: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: facts.name,
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": facts.name,
        "kubernetes.io/os": "linux",
        ...facts.labels,
      },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: facts.taints === undefined ? {} : { taints: [...facts.taints] },
    status: nodeStatus(facts, [], now),
  };
}

/** The status that goes with it; a transition time moves only when a condition does. */
export function nodeStatus(facts: NodeFacts, existing: readonly NodeCondition[], now: string): NodeStatus {
  const identity = hexDigest(facts.name);
  const uuid = identity.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
  return {
    capacity: { ...facts.capacity },
    allocatable: { ...facts.capacity },
    conditions: healthy.map(([type, status, reason, message]) => {
      const before = existing.find((condition) => condition.type === type);
      const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
      return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
    }),
    addresses: [
      { type: "InternalIP", address: facts.address },
      { type: "Hostname", address: facts.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      machineID: identity.slice(0, 32),
      systemUUID: uuid,
      bootID: uuid,
      kernelVersion: "6.12.0-simulated",
      osImage: "Gatehouse simulated Linux",
      containerRuntimeVersion: "containerd://2.1.0",
      kubeletVersion: "v1.36.0",
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: "amd64",
    },
  };
}

/** Whether the Node says what we would, heartbeats aside. */
export function isCurrent(node: Node, wanted: NodeStatus): boolean {
  const { conditions = [], addresses = [], capacity, daemonEndpoints } = node.status ?? {};
  const sameConditions = (wanted.conditions ?? []).every(({ type, status, reason }) =>
    conditions.some(
      (condition) => condition.type === type && condition.status === status && condition.reason === reason,
    ),
  );
  const sameAddresses = (wanted.addresses ?? []).every(({ type, address }) =>
    addresses.some((other) => other.type === type && other.address === address),
  );
  const sameCapacity = Object.entries(wanted.capacity ?? {}).every(([name, amount]) => capacity?.[name] === amount);
  return (
    sameConditions &&
    sameAddresses &&
    sameCapacity &&
    daemonEndpoints?.kubeletEndpoint?.Port === wanted.daemonEndpoints?.kubeletEndpoint?.Port
  );
}

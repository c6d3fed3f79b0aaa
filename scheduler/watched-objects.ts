import type { Container, Node, Pod, PodSpec, PodStatus } from "../api/generated/types.ts";
import type { ObjectMeta } from "../api/meta.ts";

/** Cuts a Pod down to what scheduling reads: tens of thousands of them are kept. */
export function trimPod(pod: Pod): Pod {
  const { metadata, spec, status } = pod;
  return {
    ...(metadata !== undefined && { metadata: trimMeta(metadata) }),
    ...(spec !== undefined && { spec: trimSpec(spec) }),
    ...(status !== undefined && { status: trimStatus(status) }),
  };
}

/** Cuts a Node down likewise. */
export function trimNode(node: Node): Node {
  const { metadata, spec, status } = node;
  const { unschedulable, taints } = spec ?? {};
  const { allocatable, conditions, images } = status ?? {};
  return {
    ...(metadata !== undefined && { metadata: trimMeta(metadata) }),
    spec: defined({ unschedulable, taints }),
    status: defined({
      allocatable,
      images,
      conditions: conditions?.map((condition) => ({ type: condition.type, status: condition.status })),
    }),
  };
}

function trimMeta(meta: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, generation, labels, deletionTimestamp } = meta;
  return defined({ name, namespace, uid, resourceVersion, generation, labels, deletionTimestamp });
}

function trimSpec(spec: PodSpec): PodSpec {
  const { nodeName, schedulerName, priority, preemptionPolicy, overhead, resources } = spec;
  const { nodeSelector, affinity, tolerations, topologySpreadConstraints, schedulingGates } = spec;
  return {
    ...defined({ nodeName, schedulerName, priority, preemptionPolicy, overhead, resources }),
    ...defined({ nodeSelector, affinity, tolerations, topologySpreadConstraints, schedulingGates }),
    containers: spec.containers.map(trimContainer),
    ...(spec.initContainers !== undefined && { initContainers: spec.initContainers.map(trimContainer) }),
  };
}

function trimContainer(container: Container): Container {
  const { name, image, ports, restartPolicy, resources } = container;
  const requests = resources?.requests;
  return {
    name,
    ...defined({ image, restartPolicy, ports: ports?.filter((port) => (port.hostPort ?? 0) > 0) }),
    ...(requests !== undefined && { resources: { requests } }),
  };
}

function trimStatus(status: PodStatus): PodStatus {
  const { nominatedNodeName, startTime, conditions } = status;
  const kept = conditions?.filter(({ type }) => type === "PodScheduled" || type === "DisruptionTarget");
  return defined({ nominatedNodeName, startTime, conditions: kept });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): Defined<T> {
  const kept: Defined<T> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) kept[key] = value as Exclude<T[typeof key], undefined>;
  }
  return kept;
}

import type { JoinedDefinition } from "./generate-definitions.ts";

/** Fields whose documentation describes a column of `kubectl get`. */
const documented = [
  "meta.v1.ObjectMeta.name",
  "meta.v1.ObjectMeta.creationTimestamp",
  "core.v1.NodeStatus.addresses",
  "core.v1.NodeSystemInfo.kubeletVersion",
  "core.v1.NodeSystemInfo.osImage",
  "core.v1.NodeSystemInfo.kernelVersion",
  "core.v1.NodeSystemInfo.containerRuntimeVersion",
  "core.v1.PodStatus.podIP",
  "core.v1.PodSpec.nodeName",
  "core.v1.PodStatus.nominatedNodeName",
  "core.v1.PodSpec.readinessGates",
  "core.v1.ConfigMap.data",
  "core.v1.Secret.type",
  "core.v1.Secret.data",
  "core.v1.ServiceSpec.type",
  "core.v1.ServiceSpec.clusterIP",
  "core.v1.ServiceSpec.externalIPs",
  "core.v1.ServiceSpec.ports",
  "core.v1.ServiceSpec.selector",
  "core.v1.Endpoints.subsets",
  "core.v1.Event.lastTimestamp",
  "core.v1.Event.type",
  "core.v1.Event.reason",
  "core.v1.ObjectReference.fieldPath",
  "core.v1.Event.message",
  "core.v1.Event.firstTimestamp",
  "core.v1.Event.count",
  "apps.v1.DeploymentStatus.updatedReplicas",
  "apps.v1.DeploymentStatus.availableReplicas",
  "apps.v1.ReplicaSetSpec.replicas",
  "apps.v1.ReplicaSetStatus.replicas",
  "apps.v1.ReplicaSetStatus.readyReplicas",
  "apps.v1.ControllerRevision.revision",
  "scheduling.v1.PriorityClass.value",
  "scheduling.v1.PriorityClass.globalDefault",
  "scheduling.v1.PriorityClass.preemptionPolicy",
  "coordination.v1.LeaseSpec.holderIdentity",
  "discovery.v1.EndpointSlice.addressType",
  "discovery.v1.EndpointSlice.ports",
  "discovery.v1.EndpointSlice.endpoints",
] as const;

const definitionOf = (path: string) => path.slice(0, path.lastIndexOf("."));

export const documentedDefinitions: readonly string[] = [...new Set(documented.map(definitionOf))];

/** What of the documentation the columns need, as the text of one module. */
export function columnDocsModule(definitions: readonly JoinedDefinition[]): string {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const lines = documented.map((path) => {
    const dot = path.lastIndexOf(".");
    const doc = byName.get(definitionOf(path))?.docs[path.slice(dot + 1)];
    if (doc === undefined) throw new Error(`nothing documents ${path}`);
    return `  ${JSON.stringify(path)}: ${JSON.stringify(doc.replace("  Populated", "\n\nPopulated"))},`;
  });
  return [
    "/** Made by scripts/generate.ts; do not edit. */",
    `export const columnDocs = {\n${lines.join("\n")}\n} as const;`,
    "",
  ].join("\n");
}

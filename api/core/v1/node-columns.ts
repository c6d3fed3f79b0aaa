import { ageColumn, documentation, nameColumn, orNone, textColumn } from "../../columns/columns.ts";
import type { Node } from "../../generated/types.ts";
import type { Column } from "../../kind.ts";

function status(node: Node): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
  const state = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return node.spec?.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

const rolePrefix = "node-role.kubernetes.io/";

function roles(node: Node): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) found.add(key.slice(rolePrefix.length));
    else if (key === "kubernetes.io/role" && value !== "") found.add(value);
  }
  return orNone([...found].sort().join(","));
}

const address = (node: Node, type: string) =>
  orNone(node.status?.addresses?.find((candidate) => candidate.type === type)?.address);

const orUnknown = (text: string | undefined) => (text === undefined || text === "" ? "<unknown>" : text);

export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  textColumn("Status", { description: "The status of the node", cell: status }),
  textColumn("Roles", { description: "The roles of the node", cell: roles }),
  ageColumn,
  textColumn("Version", {
    description: documentation("core.v1.NodeSystemInfo.kubeletVersion"),
    cell: (node) => node.status?.nodeInfo?.kubeletVersion ?? "",
  }),
  textColumn("Internal-IP", {
    description: documentation("core.v1.NodeStatus.addresses"),
    wide: true,
    cell: (node) => address(node, "InternalIP"),
  }),
  textColumn("External-IP", {
    description: documentation("core.v1.NodeStatus.addresses"),
    wide: true,
    cell: (node) => address(node, "ExternalIP"),
  }),
  textColumn("OS-Image", {
    description: documentation("core.v1.NodeSystemInfo.osImage"),
    wide: true,
    cell: (node) => orUnknown(node.status?.nodeInfo?.osImage),
  }),
  textColumn("Kernel-Version", {
    description: documentation("core.v1.NodeSystemInfo.kernelVersion"),
    wide: true,
    cell: (node) => orUnknown(node.status?.nodeInfo?.kernelVersion),
  }),
  textColumn("Container-Runtime", {
    description: documentation("core.v1.NodeSystemInfo.containerRuntimeVersion"),
    wide: true,
    cell: (node) => orUnknown(node.status?.nodeInfo?.containerRuntimeVersion),
  }),
];

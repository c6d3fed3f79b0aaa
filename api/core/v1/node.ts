import type { Node } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { statusSubresource } from "../../subresources.ts";
import { nodeColumns } from "./node-columns.ts";

export const nodes = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  scope: "Cluster",
  schema: "io.k8s.api.core.v1.Node",
  shortNames: ["no"],
  subresources: [statusSubresource],
  storage: { prefix: "minions" },
  defaults: defaultNode,
  selectableFields: { "spec.unschedulable": (node) => String(node.spec?.unschedulable ?? false) },
  columns: nodeColumns,
});

/** A node that reports nothing about itself reports it in full. */
function defaultNode(node: Node): void {
  node.spec ??= {};
  node.status ??= {};
  const { status } = node;
  if (status.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  status.daemonEndpoints ??= {};
  status.daemonEndpoints.kubeletEndpoint ??= { Port: 0 };
  status.nodeInfo = { ...unknownSystem, ...status.nodeInfo };
}

const unknownSystem = {
  machineID: "",
  systemUUID: "",
  bootID: "",
  kernelVersion: "",
  osImage: "",
  containerRuntimeVersion: "",
  kubeletVersion: "",
  kubeProxyVersion: "",
  operatingSystem: "",
  architecture: "",
} as const;

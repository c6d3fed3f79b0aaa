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
  selectableFields: { "spec.unschedulable": (node) => String(node.spec?.unschedulable ?? false) },
  columns: nodeColumns,
});

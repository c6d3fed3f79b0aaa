import type { ReplicaSet } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { scaleSubresource, statusSubresource } from "../../subresources.ts";
import { replicaSetColumns } from "./deployment-columns.ts";
import { defaultReplicaSet } from "./workload-defaults.ts";

export const replicaSets = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  scope: "Namespaced",
  schema: "io.k8s.api.apps.v1.ReplicaSet",
  shortNames: ["rs"],
  categories: ["all"],
  subresources: [scaleSubresource, statusSubresource],
  generation: "spec",
  defaults: defaultReplicaSet,
  columns: replicaSetColumns,
});

import type { ClusterRole } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const clusterRoles = defineKind<ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  scope: "Cluster",
  schema: "io.k8s.api.rbac.v1.ClusterRole",
  nameRule: "path-segment",
  createOnUpdate: true,
});

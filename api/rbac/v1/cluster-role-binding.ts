import type { ClusterRoleBinding } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { bindingColumns } from "./binding-columns.ts";
import { defaultBinding } from "./binding-defaults.ts";

export const clusterRoleBindings = defineKind<ClusterRoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  scope: "Cluster",
  schema: "io.k8s.api.rbac.v1.ClusterRoleBinding",
  nameRule: "path-segment",
  createOnUpdate: true,
  defaults: defaultBinding,
  columns: bindingColumns(
    "clusterRoleBinding",
    "RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.",
  ),
});

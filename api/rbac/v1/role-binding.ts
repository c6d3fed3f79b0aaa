import type { RoleBinding } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { bindingColumns } from "./binding-columns.ts";
import { defaultBinding } from "./binding-defaults.ts";

export const roleBindings = defineKind<RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  scope: "Namespaced",
  schema: "io.k8s.api.rbac.v1.RoleBinding",
  nameRule: "path-segment",
  createOnUpdate: true,
  defaults: defaultBinding,
  columns: bindingColumns(
    "roleBinding",
    "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.",
  ),
});

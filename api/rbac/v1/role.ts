import type { Role } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const roles = defineKind<Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  scope: "Namespaced",
  schema: "io.k8s.api.rbac.v1.Role",
  nameRule: "path-segment",
  createOnUpdate: true,
});

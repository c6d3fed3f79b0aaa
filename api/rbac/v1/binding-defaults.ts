import type { RbacV1Subject, RoleRef } from "../../generated/types.ts";

const group = "rbac.authorization.k8s.io";

/** Roles, users and groups are RBAC's own unless said otherwise. */
export function defaultBinding(binding: { roleRef?: RoleRef; subjects?: RbacV1Subject[] }): void {
  if (binding.roleRef !== undefined && !binding.roleRef.apiGroup) binding.roleRef.apiGroup = group;
  for (const subject of binding.subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === "User" || subject.kind === "Group")) subject.apiGroup = group;
  }
}

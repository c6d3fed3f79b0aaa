import { ageColumn, nameColumn, textColumn } from "../../columns/columns.ts";
import type { RbacV1Subject, RoleRef } from "../../generated/types.ts";
import type { Column } from "../../kind.ts";
import type { ApiObject } from "../../meta.ts";

interface AnyBinding extends ApiObject {
  roleRef: RoleRef;
  subjects?: RbacV1Subject[];
}

function subjects(binding: AnyBinding, kind: string): string {
  const found = (binding.subjects ?? []).filter((subject) => subject.kind === kind);
  return found
    .map(({ name, namespace }) => (kind === "ServiceAccount" ? `${namespace ?? ""}/${name}` : name))
    .join(", ");
}

/** Of RoleBindings and ClusterRoleBindings, which `noun` names. */
export const bindingColumns = (noun: string, roleDoc: string): readonly Column<AnyBinding>[] => [
  nameColumn,
  textColumn("Role", { description: roleDoc, cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` }),
  ageColumn,
  textColumn("Users", {
    description: `Users in the ${noun}`,
    wide: true,
    cell: (binding) => subjects(binding, "User"),
  }),
  textColumn("Groups", {
    description: `Groups in the ${noun}`,
    wide: true,
    cell: (binding) => subjects(binding, "Group"),
  }),
  textColumn("ServiceAccounts", {
    description: `ServiceAccounts in the ${noun}`,
    wide: true,
    cell: (binding) => subjects(binding, "ServiceAccount"),
  }),
];

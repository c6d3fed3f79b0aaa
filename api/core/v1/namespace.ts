import { ageColumn, nameColumn, textColumn } from "../../columns/columns.ts";
import type { Namespace } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { statusSubresource } from "../../subresources.ts";

export const namespaces = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  scope: "Cluster",
  schema: "io.k8s.api.core.v1.Namespace",
  shortNames: ["ns"],
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: [{ name: "finalize", verbs: ["update"] }, statusSubresource],
  nameRule: "dns1123-label",
  defaults(namespace) {
    namespace.spec ??= {};
    namespace.status ??= {};
    const name = namespace.metadata?.name;
    if (namespace.metadata === undefined || name === undefined) return;
    namespace.metadata.labels ??= {};
    namespace.metadata.labels["kubernetes.io/metadata.name"] = name;
  },
  selectableFields: { "status.phase": (namespace) => namespace.status?.phase ?? "" },
  columns: [
    nameColumn,
    textColumn("Status", { description: "The status of the namespace", cell: ({ status }) => status?.phase ?? "" }),
    ageColumn,
  ],
});

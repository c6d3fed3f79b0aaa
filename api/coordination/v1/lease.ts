import { ageColumn, documentation, nameColumn, textColumn } from "../../columns/columns.ts";
import type { Lease } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const leases = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  scope: "Namespaced",
  schema: "io.k8s.api.coordination.v1.Lease",
  createOnUpdate: true,
  unconditionalUpdate: false,
  defaults(lease) {
    lease.spec ??= {};
  },
  columns: [
    nameColumn,
    textColumn("Holder", {
      description: documentation("coordination.v1.LeaseSpec.holderIdentity"),
      cell: ({ spec }) => spec?.holderIdentity ?? "",
    }),
    ageColumn,
  ],
});

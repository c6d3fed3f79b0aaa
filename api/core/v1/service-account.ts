import { ageColumn, nameColumn } from "../../columns/columns.ts";
import type { ServiceAccount } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const serviceAccounts = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.ServiceAccount",
  shortNames: ["sa"],
  subresources: [
    {
      name: "token",
      verbs: ["create"],
      kind: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
    },
  ],
  columns: [nameColumn, ageColumn],
  returnsDeletedObject: true,
});

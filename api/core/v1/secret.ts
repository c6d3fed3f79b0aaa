import { ageColumn, documentation, nameColumn, textColumn } from "../../columns/columns.ts";
import type { Secret } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const secrets = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.Secret",
  defaults: defaultSecret,
  selectableFields: { type: (secret) => secret.type ?? "" },
  columns: [
    nameColumn,
    textColumn("Type", { description: documentation("core.v1.Secret.type"), cell: ({ type }) => type ?? "" }),
    textColumn("Data", {
      description: documentation("core.v1.Secret.data"),
      cell: ({ data }) => Object.keys(data ?? {}).length,
    }),
    ageColumn,
  ],
});

/** `stringData` is another way to write `data`, and is never read back. */
function defaultSecret(secret: Secret): void {
  secret.type ??= "Opaque";
  if (secret.stringData === undefined) return;
  secret.data ??= {};
  for (const [key, value] of Object.entries(secret.stringData)) {
    secret.data[key] = Buffer.from(value).toString("base64");
  }
  delete secret.stringData;
}

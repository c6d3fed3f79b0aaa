import { ageColumn, documentation, nameColumn, textColumn } from "../../columns/columns.ts";
import type { ConfigMap } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const configMaps = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.ConfigMap",
  shortNames: ["cm"],
  columns: [
    nameColumn,
    textColumn("Data", {
      description: documentation("core.v1.ConfigMap.data"),
      cell: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    }),
    ageColumn,
  ],
});

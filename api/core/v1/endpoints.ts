import type { Endpoints } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { endpointsColumns } from "./endpoints-columns.ts";

export const endpoints = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.Endpoints",
  singular: "endpoints",
  shortNames: ["ep"],
  storage: { prefix: "services/endpoints" },
  createOnUpdate: true,
  defaults(endpoints) {
    for (const port of (endpoints.subsets ?? []).flatMap((subset) => subset.ports ?? [])) port.protocol ??= "TCP";
  },
  columns: endpointsColumns,
  deprecationWarning: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
});

import type { EndpointSlice } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const endpointSlices = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  scope: "Namespaced",
  schema: "io.k8s.api.discovery.v1.EndpointSlice",
  generation: "non-metadata-or-labels",
});

import { ageColumn, documentation, firstFew, nameColumn, textColumn } from "../../columns/columns.ts";
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
  defaults(slice) {
    for (const port of slice.ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  columns: [
    nameColumn,
    textColumn("AddressType", {
      description: documentation("discovery.v1.EndpointSlice.addressType"),
      cell: ({ addressType }) => addressType,
    }),
    textColumn("Ports", {
      description: documentation("discovery.v1.EndpointSlice.ports"),
      cell: ({ ports }) =>
        orUnset((ports ?? []).map(({ port, name }) => (port === undefined ? name || "*" : `${port}`))),
    }),
    textColumn("Endpoints", {
      description: documentation("discovery.v1.EndpointSlice.endpoints"),
      cell: ({ endpoints }) => orUnset((endpoints ?? []).flatMap(({ addresses }) => addresses)),
    }),
    ageColumn,
  ],
});

function orUnset(items: readonly string[]): string {
  return items.length === 0 ? "<unset>" : firstFew(items, 3);
}

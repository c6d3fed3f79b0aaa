import { nameColumn, textColumn } from "../../columns/columns.ts";
import type { IPAddress } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const ipAddresses = defineKind<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  scope: "Cluster",
  schema: "io.k8s.api.networking.v1.IPAddress",
  shortNames: ["ip"],
  nameRule: "ip",
  columns: [
    nameColumn,
    textColumn("ParentRef", {
      description:
        "ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.",
      cell: parentText,
    }),
  ],
});

/** `services/default/web`, with the group after the resource where there is one. */
function parentText({ spec }: IPAddress): string {
  const parent = spec?.parentRef;
  if (parent === undefined) return "<none>";
  const resource = parent.group ? `${parent.resource}.${parent.group}` : parent.resource;
  return [resource, parent.namespace, parent.name].filter((part) => part !== undefined && part !== "").join("/");
}

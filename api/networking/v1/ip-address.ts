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
});

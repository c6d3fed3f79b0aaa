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
});

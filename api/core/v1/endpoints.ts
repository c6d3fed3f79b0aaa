import type { Endpoints } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

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
});

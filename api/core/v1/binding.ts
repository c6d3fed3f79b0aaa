import type { Binding } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const bindings = defineKind<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.Binding",
  verbs: ["create"],
  storage: null,
});

import type { Secret } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const secrets = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.Secret",
});

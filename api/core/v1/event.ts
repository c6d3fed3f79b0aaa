import type { CoreV1Event } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const events = defineKind<CoreV1Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.Event",
  shortNames: ["ev"],
  ttlSeconds: 3600,
  createOnUpdate: true,
});

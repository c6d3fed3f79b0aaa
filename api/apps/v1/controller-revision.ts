import type { ControllerRevision } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const controllerRevisions = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  scope: "Namespaced",
  schema: "io.k8s.api.apps.v1.ControllerRevision",
});

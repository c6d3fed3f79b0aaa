import type { PriorityClass } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const priorityClasses = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  scope: "Cluster",
  schema: "io.k8s.api.scheduling.v1.PriorityClass",
  shortNames: ["pc"],
  generation: "constant",
});

import { ageColumn, documentation, nameColumn, textColumn } from "../../columns/columns.ts";
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
  defaults(priorityClass) {
    priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
  },
  columns: [
    nameColumn,
    {
      name: "Value",
      type: "integer",
      description: documentation("scheduling.v1.PriorityClass.value"),
      cell: ({ value }) => value ?? 0,
    },
    {
      name: "Global-Default",
      type: "boolean",
      description: documentation("scheduling.v1.PriorityClass.globalDefault"),
      cell: ({ globalDefault }) => globalDefault ?? false,
    },
    ageColumn,
    textColumn("PreemptionPolicy", {
      description: documentation("scheduling.v1.PriorityClass.preemptionPolicy"),
      cell: ({ preemptionPolicy }) => preemptionPolicy ?? "",
    }),
  ],
});

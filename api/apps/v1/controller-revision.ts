import { ageColumn, documentation, nameColumn, textColumn } from "../../columns/columns.ts";
import type { ControllerRevision } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { controllerOf } from "../../meta.ts";

export const controllerRevisions = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  scope: "Namespaced",
  schema: "io.k8s.api.apps.v1.ControllerRevision",
  columns: [
    nameColumn,
    textColumn("Controller", { description: "Controller of the object", cell: controllerText }),
    textColumn("Revision", {
      description: documentation("apps.v1.ControllerRevision.revision"),
      cell: ({ revision }) => revision,
    }),
    ageColumn,
  ],
});

/** `statefulset.apps/web`. */
function controllerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision);
  if (owner === undefined) return "<none>";
  const slash = owner.apiVersion.indexOf("/");
  const group = slash < 0 ? "" : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

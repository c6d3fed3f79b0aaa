import type { CoreV1Event } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { eventColumns } from "./event-columns.ts";

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
  defaultPropagation: "Unsupported",
  defaults(event) {
    event.reportingComponent ??= "";
    event.reportingInstance ??= "";
    event.source ??= {};
  },
  selectableFields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject?.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject?.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject?.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject?.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject?.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject?.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject?.fieldPath ?? "",
    reason: (event) => event.reason ?? "",
    reportingComponent: (event) => event.reportingComponent ?? "",
    source: (event) => event.source?.component || (event.reportingComponent ?? ""),
    type: (event) => event.type ?? "",
  },
  columns: eventColumns,
});

import { eventColumns } from "../../core/v1/event-columns.ts";
import type { EventsV1Event } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { fromStored, toStored } from "./stored-event.ts";

export const eventsV1 = defineKind<EventsV1Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  scope: "Namespaced",
  schema: "io.k8s.api.events.v1.Event",
  shortNames: ["ev"],
  storage: { prefix: "events", as: { group: "", version: "v1", kind: "Event", toStored, fromStored } },
  ttlSeconds: 3600,
  createOnUpdate: true,
  defaultPropagation: "Unsupported",
  defaults(event) {
    event.deprecatedSource ??= {};
  },
  selectableFields: {
    "regarding.kind": ({ regarding }) => regarding?.kind ?? "",
    "regarding.namespace": ({ regarding }) => regarding?.namespace ?? "",
    "regarding.name": ({ regarding }) => regarding?.name ?? "",
    "regarding.uid": ({ regarding }) => regarding?.uid ?? "",
    "regarding.apiVersion": ({ regarding }) => regarding?.apiVersion ?? "",
    "regarding.resourceVersion": ({ regarding }) => regarding?.resourceVersion ?? "",
    "regarding.fieldPath": ({ regarding }) => regarding?.fieldPath ?? "",
    reason: (event) => event.reason ?? "",
    reportingController: (event) => event.reportingController ?? "",
    type: (event) => event.type ?? "",
  },
  columns: eventColumns.map((column) => ({ ...column, cell: (event, nowMs) => column.cell(toStored(event), nowMs) })),
});

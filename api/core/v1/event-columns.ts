import { documentation, nameColumn, textColumn } from "../../columns/columns.ts";
import { ageOf } from "../../duration.ts";
import type { CoreV1Event } from "../../generated/types.ts";
import type { Column } from "../../kind.ts";

const firstSeen = (event: CoreV1Event) => event.firstTimestamp ?? event.eventTime;

const lastSeen = (event: CoreV1Event) => event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event);

function involved({ involvedObject: { kind, name } }: CoreV1Event): string {
  return kind === undefined && name === undefined ? "" : `${(kind ?? "").toLowerCase()}/${name ?? ""}`;
}

function source(event: CoreV1Event): string {
  const component = event.source?.component || (event.reportingComponent ?? "");
  const host = event.source?.host || (event.reportingInstance ?? "");
  return host === "" ? component : `${component}, ${host}`;
}

/** Of core v1 Events; those of events.k8s.io are the same objects. */
export const eventColumns: readonly Column<CoreV1Event>[] = [
  textColumn("Last Seen", {
    description: documentation("core.v1.Event.lastTimestamp"),
    cell: (event, nowMs) => ageOf(lastSeen(event), nowMs),
  }),
  textColumn("Type", { description: documentation("core.v1.Event.type"), cell: (event) => event.type ?? "" }),
  textColumn("Reason", { description: documentation("core.v1.Event.reason"), cell: (event) => event.reason ?? "" }),
  textColumn("Object", { description: "The object that this event is about.", cell: involved }),
  textColumn("Subobject", {
    description: documentation("core.v1.ObjectReference.fieldPath"),
    wide: true,
    cell: (event) => event.involvedObject.fieldPath ?? "",
  }),
  textColumn("Source", {
    description: "The component reporting this event. Should be a short machine understandable string.",
    wide: true,
    cell: source,
  }),
  textColumn("Message", {
    description: documentation("core.v1.Event.message"),
    cell: (event) => (event.message ?? "").trim(),
  }),
  textColumn("First Seen", {
    description: documentation("core.v1.Event.firstTimestamp"),
    wide: true,
    cell: (event, nowMs) => ageOf(firstSeen(event), nowMs),
  }),
  textColumn("Count", {
    description: documentation("core.v1.Event.count"),
    wide: true,
    cell: (event) => event.series?.count ?? (event.count || 1),
  }),
  { ...nameColumn, priority: 1 },
];

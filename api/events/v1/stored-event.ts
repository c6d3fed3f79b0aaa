import type { CoreV1Event, EventsV1Event } from "../../generated/types.ts";
import type { ApiObject } from "../../meta.ts";

/** One field of an Event under its two names. */
const renamed = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedCount", "count"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedSource", "source"],
] as const satisfies readonly (readonly [keyof EventsV1Event, keyof CoreV1Event | "reportingComponent"])[];

const toCore = new Map<string, string>(renamed);
const toEvents = new Map<string, string>(renamed.map(([events, core]) => [core, events]));

/** An events.k8s.io/v1 Event as it lies in etcd: a core v1 Event, which always names its reporter. */
export const toStored = (event: EventsV1Event): CoreV1Event & ApiObject => ({
  reportingComponent: "",
  reportingInstance: "",
  ...(rename(event, toCore) as CoreV1Event),
  apiVersion: "v1",
});

/** The inverse of {@link toStored}. */
export function fromStored(stored: ApiObject): EventsV1Event {
  const event = { ...(rename(stored, toEvents) as EventsV1Event), apiVersion: "events.k8s.io/v1" };
  if (event.reportingController === "") delete event.reportingController;
  if (event.reportingInstance === "") delete event.reportingInstance;
  return event;
}

function rename(object: object, names: ReadonlyMap<string, string>): unknown {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]));
}

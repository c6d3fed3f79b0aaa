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
});

import { type FieldError, invalidValue, required } from "../../../api/field-errors.ts";
import type { CoreV1Event, EventsV1Event } from "../../../api/generated/types.ts";
import { checkQualifiedName } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { problems } from "./field-checks.ts";

const maxWordBytes = 128;
const maxNoteBytes = 1024;
const clusterNamespaces = new Set(["default", "kube-system"]);

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/events.go */
export const eventStrategy: Strategy<CoreV1Event> = {
  checksMetaOnce: true,
  validate: (event) =>
    sharedErrors({
      namespace: event.metadata?.namespace ?? "",
      about: event.involvedObject?.namespace ?? "",
      eventTime: event.eventTime,
      reporter: { field: "reportingComponent", value: event.reportingComponent ?? "" },
      reportingInstance: event.reportingInstance ?? "",
      action: event.action ?? "",
      reason: event.reason ?? "",
      message: event.message ?? "",
    }),
};

export const eventsV1Strategy: Strategy<EventsV1Event> = {
  checksMetaOnce: true,
  validate(event, { updating }) {
    const errors = sharedErrors({
      namespace: event.metadata?.namespace ?? "",
      about: event.regarding?.namespace ?? "",
      eventTime: event.eventTime,
      reporter: { field: "reportingController", value: event.reportingController ?? "" },
      reportingInstance: event.reportingInstance ?? "",
      action: event.action ?? "",
      reason: event.reason ?? "",
      message: event.note ?? "",
    });
    if (updating) return errors;
    if (!event.eventTime) errors.push(required("eventTime"));
    const { type = "" } = event;
    if (type !== "Normal" && type !== "Warning") errors.push(invalidValue("type", "", `has invalid value: ${type}`));
    return errors;
  },
};

interface EventFacts {
  readonly namespace: string;
  /** Namespace of the object that the event is about. */
  readonly about: string;
  readonly eventTime: unknown;
  readonly reporter: { readonly field: string; readonly value: string };
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly message: string;
}

function sharedErrors(event: EventFacts): FieldError[] {
  const { namespace, about, eventTime, reporter } = event;
  const errors: FieldError[] = [];
  const misplaced = about === "" ? !clusterNamespaces.has(namespace) : !eventTime && about !== namespace;
  if (misplaced) errors.push(invalidValue("involvedObject.namespace", about, "does not match event.namespace"));
  if (!eventTime) return errors;
  if (reporter.value === "") errors.push(required(reporter.field));
  errors.push(...problems(reporter.field, reporter.value, checkQualifiedName(reporter.value)));
  for (const key of ["reportingInstance", "action", "reason"] as const) {
    if (event[key] === "") errors.push(required(key));
    if (event[key].length > maxWordBytes) {
      errors.push(invalidValue(key, "", `can have at most ${maxWordBytes} characters`));
    }
  }
  if (event.message.length > maxNoteBytes) {
    errors.push(invalidValue("message", "", `can have at most ${maxNoteBytes} characters`));
  }
  return errors;
}

import {
  type FieldError,
  forbiddenField,
  immutable,
  invalidValue,
  notSupported,
  required,
} from "../../../api/field-errors.ts";
import type {
  CoreV1Event,
  EndpointSlice,
  Endpoints,
  EventsV1Event,
  Lease,
  PriorityClass,
} from "../../../api/generated/types.ts";
import { checkLabelValue } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { checkIp, isIpv4, oneOf, portNumber, problems } from "./field-checks.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/coordination/validation/validation.go */
export const leaseStrategy: Strategy<Lease> = {
  validate({ spec }) {
    const errors: FieldError[] = [];
    const { leaseDurationSeconds, leaseTransitions } = spec ?? {};
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      errors.push(invalidValue("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"));
    }
    if (leaseTransitions !== undefined && leaseTransitions < 0) {
      errors.push(invalidValue("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0"));
    }
    return errors;
  },
};

const highestUserPriority = 1_000_000_000;
const systemPriorities: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/scheduling/validation/validation.go */
export const priorityClassStrategy: Strategy<PriorityClass> = {
  validate({ metadata, value = 0, preemptionPolicy }) {
    const name = metadata?.name ?? "";
    const errors: FieldError[] = [];
    if (name.startsWith("system-")) {
      if (systemPriorities[name] !== value) {
        const detail = `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`;
        errors.push(forbiddenField("metadata.name", detail));
      }
    } else if (value > highestUserPriority) {
      errors.push(
        forbiddenField("value", `maximum allowed value of a user defined priority is ${highestUserPriority}`),
      );
    }
    if (preemptionPolicy !== undefined) {
      errors.push(...oneOf("preemptionPolicy", preemptionPolicy, ["PreemptLowerPriority", "Never"]));
    }
    return errors;
  },
  validateUpdate(given, old) {
    const errors: FieldError[] = [];
    if ((given.value ?? 0) !== (old.value ?? 0))
      errors.push(forbiddenField("value", "may not be changed in an update."));
    if (given.preemptionPolicy !== old.preemptionPolicy)
      errors.push(immutable("preemptionPolicy", given.preemptionPolicy));
    return errors;
  },
};

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/events.go */
export const eventStrategy: Strategy<CoreV1Event> = {
  validate: (event) => eventErrors(event, "involvedObject"),
};

export const eventsV1Strategy: Strategy<EventsV1Event> = {
  validate({
    regarding,
    reportingController,
    reportingInstance,
    action,
    reason,
    note,
    eventTime,
    type,
    metadata,
    series,
  }) {
    const isNew = eventTime !== undefined && eventTime !== null;
    const core = {
      ...(metadata && { metadata }),
      involvedObject: regarding ?? {},
      ...(isNew && {
        eventTime,
        reportingComponent: reportingController ?? "",
        reportingInstance: reportingInstance ?? "",
        action: action ?? "",
        reason: reason ?? "",
        message: note ?? "",
        ...(series && { series }),
      }),
    };
    const errors = eventErrors(core as CoreV1Event, "involvedObject");
    if (isNew) errors.push(...oneOf("type", type ?? "", ["Normal", "Warning"]));
    else if (series === undefined) errors.push(required("eventTime"));
    return errors;
  },
};

function eventErrors(event: CoreV1Event, field: string): FieldError[] {
  const namespace = event.metadata?.namespace ?? "";
  const about = event.involvedObject?.namespace ?? "";
  const errors: FieldError[] = [];
  if (about === "" ? namespace !== "default" && namespace !== "kube-system" : about !== namespace) {
    errors.push(invalidValue(`${field}.namespace`, about, "does not match event.namespace"));
  }
  if (event.eventTime === undefined || event.eventTime === null) return errors;
  const reporter = (event as { reportingComponent?: string }).reportingComponent ?? "";
  if (reporter === "") errors.push(required("reportingController"));
  if (!event.reportingInstance) errors.push(required("reportingInstance"));
  else if (event.reportingInstance.length > 128)
    errors.push(invalidValue("reportingInstance", "", "can have at most 128 characters"));
  for (const key of ["action", "reason"] as const) {
    if (!event[key]) errors.push(required(key));
    else if (event[key].length > 128) errors.push(invalidValue(key, "", "can have at most 128 characters"));
  }
  if ((event.message ?? "").length > 1024) errors.push(invalidValue("message", "", "can have at most 1024 characters"));
  return errors;
}

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/discovery/validation/validation.go */
export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  validate({ addressType, endpoints = [], ports = [] }) {
    const errors: FieldError[] = [];
    if (!addressType) errors.push(required("addressType"));
    else if (!["IPv4", "IPv6", "FQDN"].includes(addressType)) {
      errors.push(notSupported("addressType", addressType, ["FQDN", "IPv4", "IPv6"]));
    }
    if (endpoints.length > 1000) {
      errors.push({
        type: "FieldValueTooMany",
        field: "endpoints",
        value: endpoints.length,
        detail: "must have at most 1000 items",
      });
    }
    for (const [index, { addresses = [] }] of endpoints.entries()) {
      const at = `endpoints[${index}].addresses`;
      if (addresses.length === 0) errors.push(required(at, "must contain at least 1 address"));
      if (addresses.length > 100) {
        errors.push({
          type: "FieldValueTooMany",
          field: at,
          value: addresses.length,
          detail: "must have at most 100 items",
        });
      }
      for (const [place, address] of addresses.entries()) {
        if (addressType === "IPv4" && !isIpv4(address))
          errors.push(
            ...problems(
              `${at}[${place}]`,
              address,
              checkIp(address).length > 0 ? checkIp(address) : ["must be an IPv4 address"],
            ),
          );
      }
    }
    const names = new Set<string>();
    for (const [index, { name = "", protocol = "TCP", port }] of ports.entries()) {
      const at = `ports[${index}]`;
      if (names.has(name)) errors.push({ type: "FieldValueDuplicate", field: `${at}.name`, value: name, detail: "" });
      names.add(name);
      if (name !== "") errors.push(...problems(`${at}.name`, name, checkLabelValue(name)));
      errors.push(...oneOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
      if (port !== undefined && port !== 0) errors.push(...portNumber(`${at}.port`, port));
    }
    return errors;
  },
  validateUpdate: (slice, old) =>
    slice.addressType === old.addressType ? [] : [immutable("addressType", slice.addressType)],
};

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go ValidateEndpoints */
export const endpointsStrategy: Strategy<Endpoints> = {
  validate({ subsets = [] }) {
    const errors: FieldError[] = [];
    for (const [index, { addresses = [], notReadyAddresses = [], ports = [] }] of subsets.entries()) {
      const at = `subsets[${index}]`;
      if (addresses.length === 0 && notReadyAddresses.length === 0) {
        errors.push(required(at, "must specify `addresses` or `notReadyAddresses`"));
      }
      for (const [place, { ip = "" }] of addresses.entries())
        errors.push(...problems(`${at}.addresses[${place}].ip`, ip, checkIp(ip)));
      for (const [place, { ip = "" }] of notReadyAddresses.entries()) {
        errors.push(...problems(`${at}.notReadyAddresses[${place}].ip`, ip, checkIp(ip)));
      }
      for (const [place, { name, port, protocol = "TCP" }] of ports.entries()) {
        if (ports.length > 1 && !name) errors.push(required(`${at}.ports[${place}].name`));
        errors.push(...portNumber(`${at}.ports[${place}].port`, port ?? 0));
        errors.push(...oneOf(`${at}.ports[${place}].protocol`, protocol, ["SCTP", "TCP", "UDP"]));
      }
    }
    return errors;
  },
};

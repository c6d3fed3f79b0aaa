import {
  type FieldError,
  forbiddenField,
  immutable,
  invalidValue,
  notSupported,
  required,
} from "../../../api/field-errors.ts";
import type { EndpointSlice, Endpoints, Lease, LeaseSpec, PriorityClass } from "../../../api/generated/types.ts";
import { forbidden } from "../../../api/status.ts";
import { checkIp, ipFamily } from "../meta/ip-checks.ts";
import { checkLabel } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { endpointIpErrors } from "./endpoint-ip.ts";
import { oneOf, portNumber, problems } from "./field-checks.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/coordination/validation/validation.go */
export const leaseStrategy: Strategy<Lease> = {
  // Coordinated election is a gate that is closed by default.
  prepareForCreate: ({ spec }) => dropCoordination(spec, undefined),
  prepareForUpdate: ({ spec }, old) => dropCoordination(spec, old.spec),
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
  refuseDeletion({ metadata }) {
    const name = metadata?.name ?? "";
    if (!Object.hasOwn(systemPriorities, name)) return;
    const ref = { group: "scheduling.k8s.io", resource: "priorityclasses" };
    throw forbidden(ref, name, "this is a system priority class and cannot be deleted");
  },
};

function dropCoordination(spec: LeaseSpec | undefined, before: Readonly<LeaseSpec> | undefined): void {
  if (spec === undefined || before?.strategy !== undefined || before?.preferredHolder !== undefined) return;
  delete spec.strategy;
  delete spec.preferredHolder;
}

const families = { IPv4: { number: 4, article: "an IPv4" }, IPv6: { number: 6, article: "an IPv6" } } as const;

function addressErrors(field: string, place: number, address: string, family: keyof typeof families): FieldError[] {
  const at = `${field}[${place}]`;
  const { number, article } = families[family];
  const malformed = checkIp(address, { canonical: true });
  const errors = problems(at, address, malformed);
  const found = ipFamily(address);
  if (found !== undefined && found !== number) {
    errors.push(invalidValue(field, address, `must be ${article} address`));
  }
  return malformed.length > 0 ? errors : [...errors, ...endpointIpErrors(at, address)];
}

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/discovery/validation/validation.go */
export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  checksMetaOnce: true,
  validate({ addressType, endpoints, ports }) {
    const errors: FieldError[] = [];
    if (!addressType) errors.push(required("addressType"));
    else if (!["IPv4", "IPv6", "FQDN"].includes(addressType)) {
      errors.push(notSupported("addressType", addressType, ["FQDN", "IPv4", "IPv6"]));
    }
    const count = endpoints?.length ?? 0;
    if (count > 1000) {
      errors.push({
        type: "FieldValueTooMany",
        field: "endpoints",
        value: count,
        detail: "must have at most 1000 items",
      });
    }
    for (const [index, endpoint] of (endpoints ?? []).entries()) {
      const addresses = endpoint.addresses ?? [];
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
      if (addressType === "IPv4" || addressType === "IPv6") {
        errors.push(...addresses.flatMap((address, place) => addressErrors(at, place, address, addressType)));
      }
    }
    const names = new Set<string>();
    for (const [index, { name = "", protocol = "TCP" }] of (ports ?? []).entries()) {
      const at = `ports[${index}]`;
      if (names.has(name)) errors.push({ type: "FieldValueDuplicate", field: `${at}.name`, value: name, detail: "" });
      names.add(name);
      if (name !== "") errors.push(...problems(`${at}.name`, name, checkLabel(name)));
      errors.push(...oneOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
    }
    return errors;
  },
  validateUpdate: (slice, old) =>
    slice.addressType === old.addressType ? [] : [immutable("addressType", slice.addressType)],
  warnings: (slice, old) =>
    old === undefined && slice.addressType === "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : [],
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
      for (const [place, { ip = "" }] of addresses.entries()) {
        errors.push(...addressIpErrors(`${at}.addresses[${place}].ip`, ip));
      }
      for (const [place, { ip = "" }] of notReadyAddresses.entries()) {
        errors.push(...addressIpErrors(`${at}.notReadyAddresses[${place}].ip`, ip));
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

/** What cannot be read at all is told of by both checks. */
function addressIpErrors(field: string, ip: string): FieldError[] {
  const malformed = checkIp(ip);
  if (malformed.length > 0 && ipFamily(ip) !== undefined) return problems(field, ip, malformed);
  return [...problems(field, ip, malformed), ...endpointIpErrors(field, ip)];
}

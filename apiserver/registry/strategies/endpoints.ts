import { type FieldError, immutable, invalidValue, notSupported, required } from "../../../api/field-errors.ts";
import type { EndpointSlice, Endpoints } from "../../../api/generated/types.ts";
import { checkIp, ipFamily } from "../meta/ip-checks.ts";
import { checkLabel } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { endpointIpErrors } from "./endpoint-ip.ts";
import { oneOf, portNumber, problems } from "./field-checks.ts";

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

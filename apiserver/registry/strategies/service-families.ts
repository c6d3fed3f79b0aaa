import { duplicate, type FieldError, invalidValue, required } from "../../../api/field-errors.ts";
import type { Service, ServiceSpec } from "../../../api/generated/types.ts";
import { semanticallyEqual } from "../../../api/json.ts";
import { checkIp, ipFamily } from "../meta/ip-checks.ts";
import { oneOf, problems } from "./field-checks.ts";
import { isHeadless, needsClusterIp } from "./service-fields.ts";

const families = ["IPv4", "IPv6"];
const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
/** The only one that this cluster has. */
const clusterFamily = "IPv4";

/**
 * Gives a Service the IP families of a cluster whose addresses are IPv4, and brings its two forms of cluster IP in line.
 * Families are judged before all else: what is found wrong here is all that is told.
 * @see k8s.io/kubernetes v1.36.3 pkg/registry/core/service/storage/alloc.go initIPFamilyFields
 */
export function settleFamilies(service: Service, old: Readonly<Service> | undefined): FieldError[] {
  const { spec } = service;
  if (spec === undefined) return [];
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
  if (!needsClusterIp(spec)) return [];
  if (hasNothingNew(spec, old?.spec)) return [];
  const headlessAlone = isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.spec?.ipFamilyPolicy ?? (headlessAlone ? "RequireDualStack" : "SingleStack");
  const errors = clusterIpErrors(spec);
  if (errors.length > 0) return errors;
  errors.push(...singleStackErrors(spec), ...inferFamilies(spec));
  if (errors.length > 0) return errors;
  if (headlessAlone) {
    spec.ipFamilies ??= [clusterFamily];
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== "SingleStack") {
      spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === "IPv4" ? "IPv6" : "IPv4"];
    }
    return [];
  }
  if (spec.ipFamilyPolicy === "RequireDualStack") {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(invalidValue("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (family === clusterFamily) continue;
    errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"));
  }
  if (errors.length === 0 && (spec.ipFamilies ?? []).length === 0) spec.ipFamilies = [clusterFamily];
  return errors;
}

/** One that asked for what the cluster has stays as it is, whatever the cluster has become. */
function hasNothingNew(spec: Readonly<ServiceSpec>, before: Readonly<ServiceSpec> | undefined): boolean {
  return (
    before !== undefined &&
    needsClusterIp(before) &&
    spec.ipFamilyPolicy === "PreferDualStack" &&
    before.ipFamilyPolicy === "PreferDualStack" &&
    semanticallyEqual(spec.clusterIPs, before.clusterIPs) &&
    semanticallyEqual(spec.ipFamilies, before.ipFamilies)
  );
}

function singleStackErrors({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: Readonly<ServiceSpec>): FieldError[] {
  if (ipFamilyPolicy !== "SingleStack") return [];
  const refusal = (what: string) =>
    invalidValue(
      "spec.ipFamilyPolicy",
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs.length === 2 ? [refusal("cluster IPs")] : []),
    ...(ipFamilies.length === 2 ? [refusal("IP families")] : []),
  ];
}

/** Addresses say of which family they are. */
function inferFamilies(spec: ServiceSpec): FieldError[] {
  const { clusterIPs = [] } = spec;
  if (isHeadless(spec)) return [];
  return clusterIPs.flatMap((ip, index) => {
    if (index < (spec.ipFamilies ?? []).length) return [];
    const family = ipFamily(ip) === 6 ? "IPv6" : "IPv4";
    if (family !== clusterFamily) {
      return [invalidValue(`spec.clusterIPs[${index}]`, clusterIPs, `${family} is not configured on this cluster`)];
    }
    spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    return [];
  });
}

/** @see k8s.io/kubernetes v1.36.3 pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields */
export function clusterIpErrors(spec: Readonly<ServiceSpec>): FieldError[] {
  if (!needsClusterIp(spec)) return [];
  const { clusterIP, clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (clusterIP) {
    if (clusterIPs.length === 0) errors.push(required("spec.clusterIPs"));
    else if (clusterIPs[0] !== clusterIP) {
      errors.push(invalidValue("spec.clusterIPs", clusterIPs, "first value must match `clusterIP`"));
    }
  } else if (clusterIPs.length > 0) {
    errors.push(invalidValue("spec.clusterIPs", clusterIPs, "must be empty when `clusterIP` is not specified"));
  }
  for (const [index, family] of ipFamilies.entries()) {
    errors.push(...oneOf(`spec.ipFamilies[${index}]`, family, families));
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(`spec.ipFamilies[${index}]`, family));
  }
  if (spec.ipFamilyPolicy !== undefined) errors.push(...oneOf("spec.ipFamilyPolicy", spec.ipFamilyPolicy, policies));
  const malformed = clusterIPs.flatMap((ip, index) => {
    if (index > 0 || ip !== "None") return problems(`spec.clusterIPs[${index}]`, ip, checkIp(ip));
    return clusterIPs.length > 1
      ? [invalidValue("spec.clusterIPs", clusterIPs, "'None' must be the first and only value")]
      : [];
  });
  errors.push(...malformed);
  if (clusterIPs.length > 2) errors.push(invalidValue("spec.clusterIPs", clusterIPs, "may only hold up to 2 values"));
  if (malformed.length > 0) return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamily)).size < 2) {
    errors.push(invalidValue("spec.clusterIPs", clusterIPs, "may specify no more than one IP for each IP family"));
  }
  if (isHeadless(spec)) return errors;
  for (const [index, ip] of clusterIPs.slice(0, ipFamilies.length).entries()) {
    const family = ipFamilies[index] ?? "";
    if (!families.includes(family) || family === `IPv${ipFamily(ip)}`) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalidValue(`spec.clusterIPs[${index}]`, ip, detail));
  }
  return errors;
}

/** What may not become of the addresses and families of a Service that has them. */
export function familyUpdateErrors(spec: Readonly<ServiceSpec>, before: Readonly<ServiceSpec>): FieldError[] {
  if (!needsClusterIp(spec) || !needsClusterIp(before)) return [];
  const wasHeadless = isHeadless(before);
  const staysHeadless = wasHeadless && isHeadless(spec);
  return [
    ...(staysHeadless ? [] : clusterIpUpdateErrors(spec.clusterIPs ?? [], before.clusterIPs ?? [])),
    ...(wasHeadless || isHeadless(spec) ? [] : familyChangeErrors(spec.ipFamilies ?? [], before.ipFamilies ?? [])),
  ];
}

function clusterIpUpdateErrors(ips: readonly string[], before: readonly string[]): FieldError[] {
  if (before.length > 0 && ips.length === 0) {
    return [invalidValue("spec.clusterIPs[0]", ips, "primary clusterIP can not be unset")];
  }
  const compared = ips.length === before.length ? before : before.slice(0, 1);
  return compared.flatMap((ip, index) =>
    ips[index] === ip ? [] : [invalidValue(`spec.clusterIPs[${index}]`, ips, "may not change once set")],
  );
}

function familyChangeErrors(given: readonly string[], before: readonly string[]): FieldError[] {
  const compared = given.length === before.length ? before : before.slice(0, 1);
  return compared.flatMap((family, index) =>
    given[index] === family ? [] : [invalidValue("spec.ipFamilies[0]", given, "may not change once set")],
  );
}

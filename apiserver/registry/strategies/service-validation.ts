import { duplicate, type FieldError, forbiddenField, invalidValue, required } from "../../../api/field-errors.ts";
import type { Service, ServicePort, ServiceSpec } from "../../../api/generated/types.ts";
import { checkCidr, checkIp } from "../meta/ip-checks.ts";
import { checkLabel, checkSubdomain } from "../meta/names.ts";
import { validateLabels } from "../meta/validate-meta.ts";
import { named, oneOf, portNumber, portNumberOrName, problems } from "./field-checks.ts";
import { needsClusterIp } from "./service-fields.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go ValidateService */
export function serviceErrors({ spec }: Readonly<Service>): FieldError[] {
  if (spec === undefined) return [required("spec")];
  const errors: FieldError[] = [];
  const type = spec.type ?? "";
  const headless = spec.clusterIP === "None";
  if ((spec.ports ?? []).length === 0 && !headless && type !== "ExternalName") errors.push(required("spec.ports"));
  if (type === "ExternalName") {
    errors.push(...named("spec.externalName", spec.externalName?.replace(/\.$/, ""), checkSubdomain));
  }
  if (headless && (type === "NodePort" || type === "LoadBalancer")) {
    errors.push(invalidValue("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`));
  }
  errors.push(...portErrors(spec));
  if (spec.selector !== undefined) validateLabels(spec.selector, "spec.selector", errors);
  errors.push(...oneOf("spec.sessionAffinity", spec.sessionAffinity ?? "", ["ClientIP", "None"]));
  errors.push(...clusterIpErrors(spec));
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    const found = checkIp(ip);
    errors.push(...problems(`spec.externalIPs[${index}]`, ip, found));
    if (found.length === 0 && (ip.startsWith("127.") || ip === "::1")) {
      const detail = "may not be in the loopback range (127.0.0.0/8, ::1/128)";
      errors.push(invalidValue(`spec.externalIPs[${index}]`, ip, detail));
    }
  }
  errors.push(...oneOf("spec.type", type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]));
  if (type === "ClusterIP") {
    for (const [index, { nodePort }] of (spec.ports ?? []).entries()) {
      if (!nodePort) continue;
      errors.push(forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  errors.push(...sourceRangeErrors(spec));
  if (spec.internalTrafficPolicy !== undefined) {
    errors.push(...oneOf("spec.internalTrafficPolicy", spec.internalTrafficPolicy, ["Cluster", "Local"]));
  }
  if (spec.externalTrafficPolicy !== undefined) {
    errors.push(...oneOf("spec.externalTrafficPolicy", spec.externalTrafficPolicy, ["Cluster", "Local"]));
  }
  return errors;
}

function sourceRangeErrors({ type, loadBalancerSourceRanges: ranges = [] }: Readonly<ServiceSpec>): FieldError[] {
  const field = "spec.LoadBalancerSourceRanges";
  const misplaced =
    ranges.length > 0 && type !== "LoadBalancer"
      ? [forbiddenField(field, "may only be used when `type` is 'LoadBalancer'")]
      : [];
  const malformed = ranges.flatMap((range, index) =>
    problems(`${field}[${index}]`, range.trim(), checkCidr(range.trim())),
  );
  return [...misplaced, ...malformed];
}

function portErrors({ ports = [] }: Readonly<ServiceSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    const { name = "", protocol = "", targetPort } = port;
    if (ports.length > 1 && name === "") errors.push(required(`${at}.name`));
    else if (name !== "") {
      errors.push(...problems(`${at}.name`, name, checkLabel(name)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    errors.push(...portNumber(`${at}.port`, port.port ?? 0));
    errors.push(...oneOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
    errors.push(...portNumberOrName(`${at}.targetPort`, targetPort ?? port.port ?? 0));
    const key = `${protocol} ${port.port}`;
    if (numbers.has(key)) errors.push(duplicate(at, shown(port)));
    numbers.add(key);
  }
  return errors;
}

/** The pair that must be unique, as upstream's error shows it. */
const shown = ({ protocol, port }: ServicePort) => ({
  Name: "",
  Protocol: protocol,
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
});

function clusterIpErrors(spec: Readonly<ServiceSpec>): FieldError[] {
  const { clusterIP, clusterIPs = [], type } = spec;
  const errors: FieldError[] = [];
  if (type === "ExternalName") {
    return clusterIPs.length > 0 || clusterIP
      ? [forbiddenField("spec.clusterIPs", "may not be set for ExternalName services")]
      : [];
  }
  if (clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalidValue("spec.clusterIPs", clusterIPs, "first value must match `clusterIP`"));
  }
  if (clusterIPs.length > 2) errors.push(invalidValue("spec.clusterIPs", clusterIPs, "may only hold up to 2 values"));
  for (const [index, ip] of clusterIPs.entries()) {
    if (ip !== "None" && ip !== "") errors.push(...problems(`spec.clusterIPs[${index}]`, ip, checkIp(ip)));
  }
  if (spec.ipFamilyPolicy !== undefined) {
    errors.push(
      ...oneOf("spec.ipFamilyPolicy", spec.ipFamilyPolicy, ["PreferDualStack", "RequireDualStack", "SingleStack"]),
    );
  }
  if (spec.ipFamilyPolicy === "RequireDualStack" && clusterIP !== "None") {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(invalidValue("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail));
  }
  return errors;
}

export function serviceUpdateErrors({ spec }: Readonly<Service>, { spec: old }: Readonly<Service>): FieldError[] {
  if (spec === undefined || old === undefined) return [];
  const errors: FieldError[] = [];
  const had = old.clusterIPs?.[0];
  if (needsClusterIp(spec) && needsClusterIp(old) && had && spec.clusterIPs?.[0] !== had) {
    errors.push(invalidValue("spec.clusterIPs[0]", spec.clusterIPs ?? [], "may not change once set"));
  }
  const stays = old.type === "LoadBalancer" && spec.type === "LoadBalancer";
  if (stays && old.loadBalancerClass !== spec.loadBalancerClass) {
    errors.push(invalidValue("spec.loadBalancerClass", spec.loadBalancerClass ?? null, "may not change once set"));
  }
  return errors;
}

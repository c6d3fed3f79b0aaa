import { duplicate, type FieldError, forbiddenField, invalidValue, required } from "../../../api/field-errors.ts";
import type { Service, ServicePort, ServiceSpec } from "../../../api/generated/types.ts";
import { checkCidr, checkIp } from "../meta/ip-checks.ts";
import { checkLabel, checkQualifiedName, checkSubdomain } from "../meta/names.ts";
import { validateLabels } from "../meta/validate-meta.ts";
import { endpointIpErrors } from "./endpoint-ip.ts";
import { named, oneOf, portNumber, portNumberOrName, problems } from "./field-checks.ts";
import { clusterIpErrors, familyUpdateErrors } from "./service-families.ts";
import { isExternallyAccessible, isHeadless, needsHealthCheck } from "./service-fields.ts";

const maxAffinitySeconds = 86_400;
const onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'";

/** @see k8s.io/kubernetes v1.36.3 pkg/apis/core/validation/validation.go validateService */
export function serviceErrors({ metadata, spec }: Readonly<Service>): FieldError[] {
  if (spec === undefined) return [required("spec")];
  return [
    ...hintErrors(metadata?.annotations ?? {}),
    ...typeErrors(spec),
    ...portErrors(spec),
    ...selectorErrors(spec),
    ...affinityErrors(spec),
    ...clusterIpErrors(spec),
    ...externalIpErrors(spec),
    ...oneOf("spec.type", spec.type ?? "", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
    ...nodePortErrors(spec),
    ...duplicatePortErrors(spec),
    ...sourceRangeErrors(spec),
    ...loadBalancerErrors(spec),
    ...trafficErrors(spec),
  ];
}

const hints = "service.kubernetes.io/topology-aware-hints";
const mode = "service.kubernetes.io/topology-mode";

function hintErrors(annotations: Readonly<Record<string, string>>): FieldError[] {
  const { [hints]: hinted, [mode]: wanted } = annotations;
  if (hinted === undefined || wanted === undefined || hinted === wanted) return [];
  const detail = `must match annotations[${hints}] when both are specified`;
  return [invalidValue(`metadata.annotations[${mode}]`, wanted, detail)];
}

function typeErrors(spec: Readonly<ServiceSpec>): FieldError[] {
  const { type = "", ports = [] } = spec;
  const errors = ports.length === 0 && !isHeadless(spec) && type !== "ExternalName" ? [required("spec.ports")] : [];
  if (isHeadless(spec) && (type === "NodePort" || type === "LoadBalancer")) {
    errors.push(invalidValue("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`));
  }
  if (type !== "ExternalName") return errors;
  const detail = "may not be set for ExternalName services";
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbiddenField("spec.clusterIPs", detail));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbiddenField("spec.ipFamilies", detail));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField("spec.ipFamilyPolicy", detail));
  errors.push(...named("spec.externalName", spec.externalName?.replace(/\.$/, ""), checkSubdomain));
  return errors;
}

function portErrors({ ports = [] }: Readonly<ServiceSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    const { name = "", protocol = "", targetPort, appProtocol } = port;
    if (ports.length > 1 && name === "") errors.push(required(`${at}.name`));
    else if (name !== "") {
      errors.push(...problems(`${at}.name`, name, checkLabel(name)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    errors.push(...portNumber(`${at}.port`, port.port ?? 0));
    errors.push(...oneOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
    errors.push(...portNumberOrName(`${at}.targetPort`, targetPort ?? port.port ?? 0));
    if (appProtocol !== undefined) {
      errors.push(...problems(`${at}.appProtocol`, appProtocol, checkQualifiedName(appProtocol)));
    }
  }
  return errors;
}

function selectorErrors({ selector }: Readonly<ServiceSpec>): FieldError[] {
  const errors: FieldError[] = [];
  if (selector !== undefined) validateLabels(selector, "spec.selector", errors);
  return errors;
}

function affinityErrors({ sessionAffinity = "", sessionAffinityConfig }: Readonly<ServiceSpec>): FieldError[] {
  const errors = oneOf("spec.sessionAffinity", sessionAffinity, ["ClientIP", "None"]);
  const at = "spec.sessionAffinityConfig";
  if (sessionAffinity === "None" && sessionAffinityConfig !== undefined) {
    errors.push(forbiddenField(at, "must not be set when session affinity is None"));
  }
  if (sessionAffinity === "ClientIP") {
    const field = `${at}.clientIP.timeoutSeconds`;
    const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
    if (seconds === undefined) errors.push(required(field, "when session affinity type is ClientIP"));
    else if (seconds <= 0 || seconds > maxAffinitySeconds) {
      errors.push(invalidValue(field, seconds, `must be greater than 0 and less than ${maxAffinitySeconds}`));
    }
  }
  return errors;
}

function externalIpErrors({ externalIPs = [] }: Readonly<ServiceSpec>): FieldError[] {
  return externalIPs.flatMap((ip, index) => {
    const field = `spec.externalIPs[${index}]`;
    const malformed = checkIp(ip);
    return malformed.length > 0 ? problems(field, ip, malformed) : endpointIpErrors(field, ip);
  });
}

function nodePortErrors({ type, ports = [] }: Readonly<ServiceSpec>): FieldError[] {
  if (type !== "ClusterIP") return [];
  const detail = "may not be used when `type` is 'ClusterIP'";
  return ports.flatMap(({ nodePort }, index) =>
    nodePort ? [forbiddenField(`spec.ports[${index}].nodePort`, detail)] : [],
  );
}

/** A protocol has each number once, inside and outside. */
function duplicatePortErrors({ ports = [] }: Readonly<ServiceSpec>): FieldError[] {
  const repeats = (index: number, of: (port: ServicePort) => number | undefined) => {
    const port = ports[index];
    return ports.slice(0, index).some((other) => other.protocol === port?.protocol && of(other) === (port && of(port)));
  };
  const outside = ports.flatMap(({ nodePort }, index) =>
    nodePort && repeats(index, (port) => port.nodePort) ? [duplicate(`spec.ports[${index}].nodePort`, nodePort)] : [],
  );
  const inside = ports.flatMap((port, index) =>
    repeats(index, (other) => other.port) ? [duplicate(`spec.ports[${index}]`, shown(port))] : [],
  );
  return [...outside, ...inside];
}

function sourceRangeErrors({ type, loadBalancerSourceRanges: ranges = [] }: Readonly<ServiceSpec>): FieldError[] {
  const field = "spec.LoadBalancerSourceRanges";
  const misplaced = ranges.length > 0 && type !== "LoadBalancer" ? [forbiddenField(field, onlyForLoadBalancers)] : [];
  const malformed = ranges.flatMap((range, index) =>
    problems(`${field}[${index}]`, range.trim(), checkCidr(range.trim())),
  );
  return [...misplaced, ...malformed];
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

function loadBalancerErrors(spec: Readonly<ServiceSpec>): FieldError[] {
  const { type, allocateLoadBalancerNodePorts, loadBalancerClass } = spec;
  const classField = "spec.loadBalancerClass";
  if (type === "LoadBalancer") {
    return [
      ...(allocateLoadBalancerNodePorts === undefined ? [required("allocateLoadBalancerNodePorts")] : []),
      ...(loadBalancerClass === undefined
        ? []
        : problems(classField, loadBalancerClass, checkQualifiedName(loadBalancerClass))),
    ];
  }
  return [
    ...(allocateLoadBalancerNodePorts === undefined
      ? []
      : [forbiddenField("spec.allocateLoadBalancerNodePorts", onlyForLoadBalancers)]),
    ...(loadBalancerClass === undefined ? [] : [forbiddenField(classField, onlyForLoadBalancers)]),
  ];
}

function trafficErrors(spec: Readonly<ServiceSpec>): FieldError[] {
  const {
    externalTrafficPolicy: outside,
    internalTrafficPolicy: inside,
    healthCheckNodePort,
    trafficDistribution,
  } = spec;
  const policies = ["Cluster", "Local"];
  const errors: FieldError[] = [];
  if (isExternallyAccessible(spec)) errors.push(...oneOf("spec.externalTrafficPolicy", outside ?? "", policies));
  else if (outside !== undefined) {
    const detail = "may only be set for externally-accessible services";
    errors.push(invalidValue("spec.externalTrafficPolicy", outside, detail));
  }
  if (healthCheckNodePort && !needsHealthCheck(spec)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue("spec.healthCheckNodePort", healthCheckNodePort, detail));
  }
  if (inside !== undefined) errors.push(...oneOf("spec.internalTrafficPolicy", inside, policies));
  if (trafficDistribution !== undefined) {
    const known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    errors.push(...oneOf("spec.trafficDistribution", trafficDistribution, known));
  }
  return errors;
}

/** What may not become of a Service, and what is wrong with it by itself. */
export function serviceUpdateErrors(service: Readonly<Service>, { spec: before }: Readonly<Service>): FieldError[] {
  const { spec } = service;
  if (spec === undefined || before === undefined) return serviceErrors(service);
  const errors = familyUpdateErrors(spec, before);
  const stays = before.type === "LoadBalancer" && spec.type === "LoadBalancer";
  if (stays && before.loadBalancerClass !== spec.loadBalancerClass) {
    errors.push(invalidValue("spec.loadBalancerClass", spec.loadBalancerClass ?? null, "may not change once set"));
  }
  if (needsHealthCheck(before) && needsHealthCheck(spec) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbiddenField("spec.healthCheckNodePort", "field is immutable"));
  }
  return [...errors, ...serviceErrors(service)];
}

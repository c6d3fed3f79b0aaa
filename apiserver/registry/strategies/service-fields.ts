import type { Service, ServiceSpec } from "../../../api/generated/types.ts";
import { semanticallyEqual } from "../../../api/json.ts";

export const needsClusterIp = ({ type }: Readonly<ServiceSpec>) => type !== "ExternalName";
export const needsNodePorts = ({ type }: Readonly<ServiceSpec>) => type === "NodePort" || type === "LoadBalancer";

/**
 * What was allocated and the client left out stays; what the new type does not use goes, unless the client changed it.
 * @see k8s.io/kubernetes v1.36.0 pkg/registry/core/service/strategy.go patchAllocatedValues, dropTypeDependentFields
 */
export function keepAllocated(service: Service, old: Readonly<Service>): void {
  const { spec } = service;
  const before = old.spec;
  if (spec === undefined || before === undefined) return;
  if (needsClusterIp(spec) && needsClusterIp(before)) {
    if (!spec.clusterIP && before.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
    // Whoever changes one of the two forms and leaves the other means both.
    const sameList = semanticallyEqual(spec.clusterIPs, before.clusterIPs);
    if (spec.clusterIP !== before.clusterIP && sameList && spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
    if (spec.clusterIP === before.clusterIP && !sameList && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
    if (spec.clusterIPs === undefined && before.clusterIPs !== undefined && spec.clusterIP === before.clusterIP) {
      spec.clusterIPs = [...before.clusterIPs];
    }
  }
  if (needsNodePorts(spec) && needsNodePorts(before)) keepNodePorts(spec, before);
  if (
    before.healthCheckNodePort !== undefined &&
    spec.type === "LoadBalancer" &&
    spec.externalTrafficPolicy === "Local"
  ) {
    spec.healthCheckNodePort ??= before.healthCheckNodePort;
  }
  dropUnused(spec, before);
}

function keepNodePorts(spec: ServiceSpec, before: Readonly<ServiceSpec>): void {
  const allocated = new Map<string, number>();
  for (const { port, protocol, nodePort } of before.ports ?? [])
    if (nodePort) allocated.set(`${protocol} ${port}`, nodePort);
  for (const port of spec.ports ?? []) {
    const nodePort = allocated.get(`${port.protocol} ${port.port}`);
    if (!port.nodePort && nodePort !== undefined) port.nodePort = nodePort;
  }
}

function dropUnused(spec: ServiceSpec, before: Readonly<ServiceSpec>): void {
  if (needsClusterIp(before) && !needsClusterIp(spec)) {
    if (spec.clusterIP === before.clusterIP) delete spec.clusterIP;
    if (semanticallyEqual(spec.clusterIPs, before.clusterIPs)) delete spec.clusterIPs;
    if (semanticallyEqual(spec.ipFamilies, before.ipFamilies)) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === before.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (needsNodePorts(before) && !needsNodePorts(spec)) {
    const numbers = (ports: ServiceSpec["ports"]) => (ports ?? []).map(({ nodePort }) => nodePort ?? 0);
    if (semanticallyEqual(numbers(spec.ports), numbers(before.ports))) {
      for (const port of spec.ports ?? []) delete port.nodePort;
    }
    if (spec.externalTrafficPolicy === before.externalTrafficPolicy && (spec.externalIPs ?? []).length === 0) {
      delete spec.externalTrafficPolicy;
    }
  }
  if (spec.type === "ExternalName" && spec.internalTrafficPolicy === before.internalTrafficPolicy) {
    delete spec.internalTrafficPolicy;
  }
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
}

/** clusterIPs and the families of a cluster whose Services have IPv4 addresses. */
export function setFamilies(service: Service): void {
  const { spec } = service;
  if (spec === undefined || !needsClusterIp(spec)) return;
  if (spec.clusterIP && spec.clusterIPs === undefined) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && spec.clusterIPs?.[0] !== undefined) spec.clusterIP = spec.clusterIPs[0];
  const headlessAlone = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  if (headlessAlone) {
    spec.ipFamilyPolicy ??= "RequireDualStack";
    spec.ipFamilies ??= spec.ipFamilyPolicy === "SingleStack" ? ["IPv4"] : ["IPv4", "IPv6"];
    return;
  }
  spec.ipFamilyPolicy ??= "SingleStack";
  spec.ipFamilies ??= ["IPv4"];
}

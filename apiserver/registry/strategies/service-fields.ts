import type { Service, ServicePort, ServiceSpec } from "../../../api/generated/types.ts";
import { semanticallyEqual } from "../../../api/json.ts";

export const needsClusterIp = ({ type }: Readonly<ServiceSpec>) => type !== "ExternalName";
export const needsNodePorts = ({ type }: Readonly<ServiceSpec>) => type === "NodePort" || type === "LoadBalancer";
export const needsHealthCheck = ({ type, externalTrafficPolicy }: Readonly<ServiceSpec>) =>
  type === "LoadBalancer" && externalTrafficPolicy === "Local";
export const isExternallyAccessible = (spec: Readonly<ServiceSpec>) =>
  needsNodePorts(spec) || (spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);
export const isHeadless = ({ clusterIP, clusterIPs }: Readonly<ServiceSpec>) =>
  clusterIP === "None" || clusterIPs?.[0] === "None";

/**
 * What was allocated and the client left out stays; what the new type does not use goes, unless the client changed it.
 * @see k8s.io/kubernetes v1.36.0 pkg/registry/core/service/strategy.go dropTypeDependentFields, storage/storage.go
 * patchAllocatedValues, normalizeClusterIPs
 */
export function keepAllocated(service: Service, old: Readonly<Service>): void {
  const { spec } = service;
  const before = old.spec;
  if (spec === undefined || before === undefined) return;
  if (needsClusterIp(spec) && needsClusterIp(before)) keepClusterIps(spec, before);
  if (needsNodePorts(spec) && needsNodePorts(before)) keepNodePorts(spec, before);
  if (needsHealthCheck(spec) && needsHealthCheck(before) && !spec.healthCheckNodePort) {
    if (before.healthCheckNodePort !== undefined) spec.healthCheckNodePort = before.healthCheckNodePort;
  }
  dropUnused(spec, before);
  if (spec.type !== "LoadBalancer" && service.status !== undefined) service.status = { loadBalancer: {} };
}

function keepClusterIps(spec: ServiceSpec, before: Readonly<ServiceSpec>): void {
  if (!spec.clusterIP && before.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
  // Whoever changes one of the two forms and leaves the other means both.
  const sameList = semanticallyEqual(spec.clusterIPs, before.clusterIPs);
  if (spec.clusterIP !== before.clusterIP && sameList && spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  if (spec.clusterIP === before.clusterIP && !sameList && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
  if (spec.clusterIPs === undefined && before.clusterIPs !== undefined && spec.clusterIP === before.clusterIP) {
    spec.clusterIPs = [...before.clusterIPs];
  }
}

const nodePortsOf = ({ ports = [] }: Readonly<ServiceSpec>) =>
  new Set(ports.map(({ nodePort = 0 }) => nodePort).filter((nodePort) => nodePort !== 0));

/** By name: whatever else of a port was changed, it is the same one. */
function keepNodePorts(spec: ServiceSpec, before: Readonly<ServiceSpec>): void {
  const nameOf = ({ name = "" }: ServicePort) => name;
  const byName = new Map((before.ports ?? []).map((port) => [nameOf(port), port.nodePort ?? 0]));
  const given = nodePortsOf(spec);
  const used = new Set([...nodePortsOf(before)].filter((nodePort) => given.has(nodePort)));
  for (const port of spec.ports ?? []) {
    const nodePort = byName.get(nameOf(port)) ?? 0;
    if (!port.nodePort && nodePort !== 0 && !used.has(nodePort)) port.nodePort = nodePort;
  }
}

function dropUnused(spec: ServiceSpec, before: Readonly<ServiceSpec>): void {
  if (needsClusterIp(before) && !needsClusterIp(spec)) {
    if (spec.clusterIP === before.clusterIP && semanticallyEqual(spec.clusterIPs, before.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (semanticallyEqual(spec.ipFamilies, before.ipFamilies)) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === before.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (needsNodePorts(before) && !needsNodePorts(spec)) {
    const had = nodePortsOf(before);
    const isNew = (nodePort: number) => !had.has(nodePort);
    if (![...nodePortsOf(spec)].some(isNew)) for (const port of spec.ports ?? []) delete port.nodePort;
  }
  const dropIfSame = (field: "healthCheckNodePort" | "loadBalancerClass" | "externalTrafficPolicy") => {
    if (spec[field] === before[field]) delete spec[field];
  };
  if (needsHealthCheck(before) && !needsHealthCheck(spec)) dropIfSame("healthCheckNodePort");
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    dropIfSame("loadBalancerClass");
  }
  if (isExternallyAccessible(before) && !isExternallyAccessible(spec)) dropIfSame("externalTrafficPolicy");
}

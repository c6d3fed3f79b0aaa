import type { Service } from "../../generated/types.ts";

/**
 * The version's defaults; cluster IPs and IP families are the allocator's to give.
 * @see k8s.io/kubernetes v1.36.0 pkg/apis/core/v1/defaults.go SetDefaults_Service
 */
export function defaultService(service: Service): void {
  service.spec ??= {};
  service.status ??= {};
  service.status.loadBalancer ??= {};
  const { spec } = service;
  spec.sessionAffinity ??= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  }
  spec.type ??= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ??= "TCP";
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
  }
  const reachesOutside = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const hasExternalIps = spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0;
  if (reachesOutside || hasExternalIps) spec.externalTrafficPolicy ??= "Cluster";
  if (reachesOutside || spec.type === "ClusterIP") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

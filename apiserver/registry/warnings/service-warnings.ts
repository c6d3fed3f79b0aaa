import type { Service } from "../../../api/generated/types.ts";

const hints = "service.kubernetes.io/topology-aware-hints";

/** What is valid in a Service and comes to nothing. @see kubernetes v1.36.3 pkg/api/service/warnings.go */
export function serviceWarnings({ metadata, spec }: Readonly<Service>): string[] {
  const found: string[] = [];
  if (metadata?.annotations?.[hints] !== undefined) {
    found.push(`annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  }
  if (spec === undefined) return found;
  const hasExternalIps = (spec.externalIPs ?? []).length > 0;
  const isExternalName = spec.type === "ExternalName";
  const isHeadless = spec.clusterIP === "None" && spec.type === "ClusterIP";
  if (isHeadless) {
    if (spec.loadBalancerIP) found.push("spec.loadBalancerIP is ignored for headless services");
    if (hasExternalIps) found.push("spec.externalIPs is ignored for headless services");
    if (spec.sessionAffinity !== "None") found.push("spec.SessionAffinity is ignored for headless services");
  }
  if (hasExternalIps && !isExternalName && !isHeadless) {
    found.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (isExternalName && hasExternalIps) found.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternalName && spec.externalName) {
    found.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === "PreferClose") {
    found.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return found;
}

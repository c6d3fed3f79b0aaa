import type { ServiceSpec } from "../../../api/generated/types.ts";
import { isIpv4 } from "../meta/ip-checks.ts";

/** The addresses that a Service holds. */
export const heldIps = (spec: Readonly<ServiceSpec> | undefined): string[] =>
  (spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])).filter((ip) => isIpv4(ip));

/** The node ports that a Service holds, each once: protocols may share one. */
export const heldPorts = (spec: Readonly<ServiceSpec> | undefined): number[] => [
  ...new Set(
    [...(spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0), spec?.healthCheckNodePort ?? 0].filter(
      (port) => port > 0,
    ),
  ),
];

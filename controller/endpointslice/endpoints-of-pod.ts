import type { Endpoint, Node, Pod, Service } from "../../api/generated/types.ts";
import { isDeleting, nameOf, namespaceOf, uidOf } from "../../api/meta.ts";
import { isReady, isTerminal } from "../pods/pod-state.ts";

const zoneLabel = "topology.kubernetes.io/zone";

export type AddressType = "IPv4" | "IPv6";

const addressTypeOf = (ip: string): AddressType => (ip.includes(":") ? "IPv6" : "IPv4");

/** Has an address and still serves, or is on its way out. */
export const belongsToSlice = (pod: Pod): boolean => (pod.status?.podIP ?? "") !== "" && !isTerminal(pod);

/** One Pod as an endpoint of a Service; `undefined` when it has no address of this family. */
export function endpointOf(
  pod: Pod,
  options: { readonly service: Service; readonly node: Node | undefined; readonly addressType: AddressType },
): Endpoint | undefined {
  const { service, node, addressType } = options;
  const ips = pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP === undefined ? [] : [pod.status.podIP]);
  const addresses = ips.filter((ip) => ip !== "" && addressTypeOf(ip) === addressType);
  if (addresses.length === 0) return undefined;
  const serving = isReady(pod);
  const terminating = isDeleting(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const zone = node?.metadata?.labels?.[zoneLabel];
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && hostname !== "" && subdomain === nameOf(service) && { hostname }),
    targetRef: { kind: "Pod", namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) },
    ...(nodeName !== undefined && nodeName !== "" && { nodeName }),
    ...(zone !== undefined && { zone }),
  };
}

import type { CoreV1EndpointPort, EndpointAddress, EndpointSubset, Pod, Service } from "../../api/generated/types.ts";
import { isDeleting, nameOf, namespaceOf, uidOf } from "../../api/meta.ts";
import { endpointPortsOf, portsKey } from "../endpointslice/endpoint-ports.ts";
import { isReady, isTerminal } from "../pods/pod-state.ts";

/** Most addresses in one Endpoints object. */
const maxAddresses = 1000;

export interface Subsets {
  readonly subsets: EndpointSubset[];
  /** There were more addresses than may be shown. */
  readonly truncated: boolean;
}

/**
 * The addresses of a Service's Pods, one subset per set of ports, in a stable order.
 * @see kubernetes v1.36.0 pkg/controller/endpoint/endpoints_controller.go
 */
export function endpointSubsets(service: Service, pods: readonly Pod[]): Subsets {
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  const byPorts = new Map<
    string,
    { ports: CoreV1EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >();
  let count = 0;
  for (const pod of pods) {
    const ip = pod.status?.podIP ?? "";
    if (ip === "" || isTerminal(pod) || (isDeleting(pod) && !publishAll)) continue;
    count++;
    if (count > maxAddresses) continue;
    const ports = endpointPortsOf(service, pod);
    const isHeadlessWithoutPorts = service.spec?.clusterIP === "None" && (service.spec.ports ?? []).length === 0;
    if (ports.length === 0 && !isHeadlessWithoutPorts) continue;
    const key = portsKey(ports);
    const group = byPorts.get(key) ?? { ports: ports.map(corePort), ready: [], notReady: [] };
    byPorts.set(key, group);
    (isReady(pod) || publishAll ? group.ready : group.notReady).push(addressOf(pod, { ip, service }));
  }
  const subsets = [...byPorts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 && { addresses: ready.sort(byIp) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byIp) }),
      ...(ports.length > 0 && { ports }),
    }));
  return { subsets, truncated: count > maxAddresses };
}

const byIp = (a: EndpointAddress, b: EndpointAddress) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);

function corePort(port: ReturnType<typeof endpointPortsOf>[number]): CoreV1EndpointPort {
  const { name = "", port: number = 0, protocol = "TCP", appProtocol } = port;
  return {
    ...(name !== "" && { name }),
    port: number,
    protocol,
    ...(appProtocol !== undefined && { appProtocol }),
  };
}

function addressOf(pod: Pod, options: { ip: string; service: Service }): EndpointAddress {
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  return {
    ip: options.ip,
    ...(hostname !== undefined && hostname !== "" && subdomain === nameOf(options.service) && { hostname }),
    ...(nodeName !== undefined && nodeName !== "" && { nodeName }),
    targetRef: { kind: "Pod", namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) },
  };
}

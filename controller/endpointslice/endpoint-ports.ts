import type { DiscoveryV1EndpointPort, Pod, Service, ServicePort } from "../../api/generated/types.ts";

/** The port of a Pod that a Service port leads to: the number, or that of the container port of that name. */
function targetPortOf(pod: Pod, { targetPort, port, protocol = "TCP" }: ServicePort): number | undefined {
  if (typeof targetPort === "number") return targetPort === 0 ? port : targetPort;
  if (targetPort === undefined || targetPort === "") return port;
  // A number may also come as a text.
  if (/^\d+$/.test(targetPort)) return Number(targetPort);
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
  ];
  return containers
    .flatMap(({ ports = [] }) => ports)
    .find((candidate) => candidate.name === targetPort && (candidate.protocol ?? "TCP") === protocol)?.containerPort;
}

/** The ports of a Service on one Pod. Ports whose name the Pod does not know are left out. */
export function endpointPortsOf(service: Service, pod: Pod): DiscoveryV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOf(pod, servicePort);
    if (port === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = servicePort;
    return [{ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

/** Equal for equal sets of ports, whatever their order. */
export const portsKey = (ports: readonly DiscoveryV1EndpointPort[] | null | undefined): string =>
  (ports ?? [])
    .map(({ name = "", protocol = "TCP", port, appProtocol = "" }) => `${name}/${protocol}/${port}/${appProtocol}`)
    .sort()
    .join();

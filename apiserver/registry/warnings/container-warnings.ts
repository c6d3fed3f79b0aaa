import type { Container, ContainerPort, EnvVar, PodSpec } from "../../../api/generated/types.ts";
import type { ObjectMeta } from "../../../api/meta.ts";
import { canonicalQuantity, quantityMilliValue } from "../../../api/quantity.ts";

interface Place {
  readonly container: Readonly<Container>;
  /** `spec.containers[0]` */
  readonly at: string;
}

export interface PodParts {
  readonly metadata: Readonly<ObjectMeta>;
  readonly spec: Readonly<PodSpec>;
  /** Where the Pod begins: empty, or `spec.template.`. */
  readonly at: string;
}

/** What is odd about the containers of a Pod, init containers first. @see kubernetes v1.36.3 pkg/api/pod/warnings.go */
export function containerWarnings(pod: PodParts): string[] {
  const places = placesOf(pod);
  return [
    ...places.flatMap((place) => [
      ...annotationWarnings(place, pod),
      ...resourceWarnings(place),
      ...envWarnings(place.container.env ?? [], place.at),
    ]),
    ...portWarnings(places),
  ];
}

/** Bytes come whole. @param at - `spec.overhead` */
export function fractionWarnings(
  at: string,
  amounts: Readonly<Record<string, string>> | undefined,
  resources: readonly string[] = ["memory", "ephemeral-storage"],
): string[] {
  if (amounts === undefined) return [];
  return resources.flatMap((resource) => {
    const amount = amounts[resource];
    if (amount === undefined || quantityMilliValue(amount) % 1000 === 0) return [];
    return [`${at}[${resource}]: fractional byte value "${canonicalQuantity(amount)}" is invalid, must be an integer`];
  });
}

function placesOf({ spec, at }: PodParts): Place[] {
  const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
  return lists.flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({ container, at: `${at}spec.${list}[${index}]` })),
  );
}

function annotationWarnings({ container }: Place, { metadata, spec, at }: PodParts): string[] {
  const { annotations } = metadata;
  if (annotations === undefined) return [];
  const { name, securityContext } = container;
  const found: string[] = [];
  const seccomp = `container.seccomp.security.alpha.kubernetes.io/${name}`;
  if (securityContext?.seccompProfile === undefined && annotations[seccomp] !== undefined) {
    found.push(
      `${at}metadata.annotations[${seccomp}]: non-functional in v1.27+; use the "seccompProfile" field instead`,
    );
  }
  const appArmor = `container.apparmor.security.beta.kubernetes.io/${name}`;
  const hasField = (securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile) !== undefined;
  if (!hasField && annotations[appArmor] !== undefined) {
    found.push(
      `${at}metadata.annotations[${appArmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
    );
  }
  return found;
}

function resourceWarnings({ container, at }: Place): string[] {
  const { resources } = container;
  if (resources === undefined) return [];
  return ["memory", "ephemeral-storage"].flatMap((resource) => [
    ...fractionWarnings(`${at}.resources.limits`, resources.limits, [resource]),
    ...fractionWarnings(`${at}.resources.requests`, resources.requests, [resource]),
  ]);
}

function envWarnings(env: readonly Readonly<EnvVar>[], at: string): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = "", valueFrom }, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    // A value that adds to the one before is what two definitions are good for.
    const reference = `$(${name})`;
    const adds = valueFrom === undefined && value !== reference && value.includes(reference);
    return adds
      ? []
      : [`${at}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}

function portWarnings(places: readonly Place[]): string[] {
  const found: string[] = [];
  const byPort = new Map<string, { at: string; port: Readonly<ContainerPort> }[]>();
  for (const { container, at: containerAt } of places) {
    for (const [index, port] of (container.ports ?? []).entries()) {
      const at = `${containerAt}.ports[${index}]`;
      if (port.hostIP && !port.hostPort) found.push(`${at}: hostIP set without hostPort: ${goPort(port)}`);
      const key = `${port.containerPort}/${port.protocol ?? "TCP"}`;
      const others = byPort.get(key) ?? [];
      for (const other of others) {
        const clash = clashOf(port, other.port);
        if (clash !== undefined) found.push(`${at}: ${clash} port definition with ${other.at}`);
      }
      byPort.set(key, [...others, { at, port }]);
    }
  }
  return found;
}

function clashOf(one: Readonly<ContainerPort>, other: Readonly<ContainerPort>): string | undefined {
  const { hostIP = "", hostPort = 0 } = one;
  const { hostIP: otherIP = "", hostPort: otherPort = 0 } = other;
  if (hostPort === otherPort && hostIP === otherIP) return "duplicate";
  if (hostPort === 0 || otherPort === 0) return "overlapping";
  return hostPort === otherPort && (hostIP === "") !== (otherIP === "") ? "dangerously ambiguous" : undefined;
}

/** As Go prints it. */
const goPort = ({ name = "", hostPort = 0, containerPort, protocol = "TCP", hostIP = "" }: Readonly<ContainerPort>) =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;

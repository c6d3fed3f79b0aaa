import { isDeepStrictEqual } from "node:util";
import type {
  DiscoveryV1EndpointPort,
  Endpoint,
  EndpointSlice,
  Node,
  Pod,
  Service,
} from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { nameOf, namespaceOf } from "../../api/meta.ts";
import { controllerRef } from "../ownership/controller-ref.ts";
import { withTriggerTime } from "../services/trigger-times.ts";
import { endpointPortsOf, portsKey } from "./endpoint-ports.ts";
import { type AddressType, belongsToSlice, endpointOf } from "./endpoints-of-pod.ts";
import { packEndpoints } from "./packing.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";
const headlessLabel = "service.kubernetes.io/headless";

export interface ReconcileSlicesInput {
  readonly service: Service;
  readonly pods: readonly Pod[];
  /** Slices of this Service that this controller manages. */
  readonly slices: readonly EndpointSlice[];
  readonly nodeOf: (name: string) => Node | undefined;
  readonly maxPerSlice: number;
  readonly triggerTime: string | undefined;
}

export interface SliceChanges {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

const families = (service: Service): AddressType[] => {
  const listed = (service.spec?.ipFamilies ?? []).filter((family): family is AddressType => /^IPv[46]$/.test(family));
  return listed.length > 0 ? listed : ["IPv4"];
};

/** Labels of the Service's slices: its own, and who manages them for whom. */
function labelsOf(service: Service): Record<string, string> {
  const { [headlessLabel]: _headless, ...own } = service.metadata?.labels ?? {};
  return {
    ...own,
    ...(service.spec?.clusterIP === "None" && { [headlessLabel]: "" }),
    [managedByLabel]: managedBy,
    [serviceNameLabel]: nameOf(service),
  };
}

/** The writes that make a Service's slices say what its Pods are. */
export function reconcileSlices(input: ReconcileSlicesInput): SliceChanges {
  const types = families(input.service);
  const perType = types.map((addressType) => reconcileFamily(addressType, input));
  const stale = input.slices.filter(({ addressType }) => !types.includes(addressType as AddressType));
  return {
    create: perType.flatMap(({ create }) => create),
    update: perType.flatMap(({ update }) => update),
    remove: [...stale, ...perType.flatMap(({ remove }) => remove)],
  };
}

function reconcileFamily(addressType: AddressType, input: ReconcileSlicesInput): SliceChanges {
  const { service, triggerTime, maxPerSlice } = input;
  const labels = labelsOf(service);
  const wanted = wantedByPorts(addressType, input);
  const existing = input.slices.filter((slice) => slice.addressType === addressType);
  const byPorts = groupByPorts(existing);

  const fill = (
    slice: EndpointSlice,
    ports: DiscoveryV1EndpointPort[],
    endpoints: readonly Endpoint[],
  ): EndpointSlice => ({
    ...slice,
    metadata: { ...slice.metadata, labels, annotations: withTriggerTime(slice.metadata?.annotations, triggerTime) },
    endpoints: [...endpoints],
    ports,
  });
  const fresh: EndpointSlice = {
    apiVersion: kinds.endpointSlices.apiVersion,
    kind: kinds.endpointSlices.kind,
    metadata: {
      generateName: `${nameOf(service)}-`,
      namespace: namespaceOf(service),
      ownerReferences: [controllerRef(kinds.services, service)],
    },
    addressType,
    endpoints: [],
    ports: [],
  };

  const update: EndpointSlice[] = [];
  const create: EndpointSlice[] = [];
  const unused: EndpointSlice[] = [];
  let kept = 0;
  for (const [key, { ports, endpoints }] of wanted) {
    const packing = packEndpoints(
      (byPorts.get(key) ?? []).map((slice) => ({ slice, endpoints: slice.endpoints ?? [] })),
      endpoints,
      { maxPerSlice, mustUpdate: (slice) => !isDeepStrictEqual(slice.metadata?.labels, labels) },
    );
    byPorts.delete(key);
    kept += packing.unchanged.length;
    update.push(...packing.update.map((entry) => fill(entry.slice, ports, entry.endpoints)));
    create.push(...packing.create.map((part) => fill(fresh, ports, part)));
    unused.push(...packing.remove);
  }
  unused.push(...[...byPorts.values()].flat());

  // One slice without endpoints says that there are none.
  if (kept + update.length + create.length === 0) {
    const placeholder = unused.find(
      (slice) => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0,
    );
    if (placeholder !== undefined && isDeepStrictEqual(placeholder.metadata?.labels, labels)) {
      unused.splice(unused.indexOf(placeholder), 1);
    } else {
      create.push(fill(fresh, [], []));
    }
  }
  // A slice that is no longer needed serves as one that is: an update instead of a create and a delete.
  while (create.length > 0 && unused.length > 0) {
    const slice = unused.shift();
    const content = create.shift();
    if (slice !== undefined && content !== undefined) {
      update.push(fill(slice, content.ports ?? [], content.endpoints ?? []));
    }
  }
  return { create, update, remove: unused };
}

function wantedByPorts(addressType: AddressType, { service, pods, nodeOf }: ReconcileSlicesInput) {
  const wanted = new Map<string, { ports: DiscoveryV1EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    if (!belongsToSlice(pod)) continue;
    const node = nodeOf(pod.spec?.nodeName ?? "");
    const endpoint = endpointOf(pod, { service, node, addressType });
    if (endpoint === undefined) continue;
    const ports = endpointPortsOf(service, pod);
    const key = portsKey(ports);
    const group = wanted.get(key);
    if (group === undefined) wanted.set(key, { ports, endpoints: [endpoint] });
    else group.endpoints.push(endpoint);
  }
  return wanted;
}

function groupByPorts(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = portsKey(slice.ports);
    groups.set(key, [...(groups.get(key) ?? []), slice]);
  }
  return groups;
}

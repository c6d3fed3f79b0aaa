import type { IPAddress, Service } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { labelsContain } from "../../api/label-selector.ts";
import { keyOf, keyString } from "../../api/meta.ts";
import { referenceTo } from "../../api/object-reference.ts";
import { addressLabels, managerLabel } from "../registry/allocation/cluster-ips.ts";
import { heldIps } from "../registry/allocation/held.ts";
import type { StoredObject, WriteContext } from "../storage/storage.ts";
import { type RepairDeps, readAll, readServices } from "./repair-deps.ts";
import type { Finding } from "./repair-events.ts";

/** The Service of an address that is younger may still be on its way into etcd: no request lives longer. */
const graceMs = 60_000;

interface Found {
  /** By address. */
  readonly addresses: ReadonlyMap<string, StoredObject<IPAddress>>;
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, Readonly<Service>>;
}

/**
 * Makes Services and IPAddresses agree: an address that a Service holds gets its IPAddress, and one whose Service does not
 * exist or does not hold it is free again. Each change is guarded by the revision that was judged.
 * @returns what was found wrong
 * @throws StorageError
 * @see kubernetes v1.36.3 pkg/registry/core/service/ipallocator/controller/repairip.go
 */
export async function repairClusterIps(deps: RepairDeps, write: WriteContext): Promise<Finding[]> {
  // Addresses first: every Service that held one of them by then is in the second list.
  const addresses = (await readAll("ipaddresses", deps, write)) as readonly StoredObject<IPAddress>[];
  const services = await readServices(deps, write);
  const found: Found = {
    addresses: new Map(addresses.map((stored) => [stored.object.metadata?.name ?? "", stored])),
    services: new Map(services.map((service) => [keyString(keyOf(service)), service])),
  };
  const findings: Finding[] = [];
  for (const service of services) {
    for (const ip of heldIps(service.spec)) {
      const finding = await repairHeld({ ip, service }, found, deps, write);
      if (finding !== undefined) findings.push(finding);
    }
  }
  for (const [ip, address] of found.addresses) {
    const why = reasonToFree(ip, address.object, found, deps.clock.now());
    if (why === undefined || !(await deps.ips.removeAt(ip, address.revision, write))) continue;
    findings.push({ regarding: referenceTo(kinds.ipAddresses, address.object), action: "IPAddressAllocation", ...why });
  }
  return findings;
}

async function repairHeld(
  { ip, service }: { ip: string; service: Readonly<Service> },
  found: Found,
  { ips }: RepairDeps,
  write: WriteContext,
): Promise<Finding | undefined> {
  const finding = (reason: string, note: string): Finding => ({
    regarding: referenceTo(kinds.services, service),
    action: "ClusterIPAllocation",
    reason,
    note,
  });
  if (!ips.contains(ip)) {
    const note = `Cluster IP [IPv4]: ${ip} is not within any configured Service CIDR; please recreate service`;
    return finding("ClusterIPOutOfRange", note);
  }
  const key = keyOf(service);
  const address = found.addresses.get(ip);
  if (address === undefined) {
    if (!(await ips.assign(ip, key, { wrongAt: undefined, write }))) return undefined;
    return finding("ClusterIPNotAllocated", `Cluster IP [IPv4]: ${ip} is not allocated; repairing`);
  }
  const holder = holderOf(address.object);
  if (holder === keyString(key)) {
    if (!isLabelled(address.object)) await ips.assign(ip, key, { wrongAt: address.revision, write });
    return undefined;
  }
  if (holder !== undefined && heldIps(found.services.get(holder)?.spec).includes(ip)) {
    const note = `Cluster IP [IPv4]:${ip} was assigned to multiple services; please recreate service`;
    return finding("ClusterIPAlreadyAllocated", note);
  }
  if (!(await ips.assign(ip, key, { wrongAt: address.revision, write }))) return undefined;
  const note = `the ClusterIP [IPv4]: ${ip} for Service ${keyString(key)} has a wrong reference; repairing`;
  return finding("ClusterIPNotAllocated", note);
}

/** Why nobody may hold this address; `undefined`: somebody does or may be about to, or it is not the allocator's. */
function reasonToFree(
  ip: string,
  address: Readonly<IPAddress>,
  { services }: Found,
  nowMs: number,
): Pick<Finding, "reason" | "note"> | undefined {
  if (address.metadata?.labels?.[managerLabel] !== addressLabels[managerLabel]) return undefined;
  const holder = holderOf(address);
  if (holder === undefined) {
    const { group = "", resource = "", namespace = "", name = "" } = address.spec?.parentRef ?? {};
    const reference = `&ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${name},}`;
    const note = `IPAddress ${ip} appears to have been modified, not referencing a Service ${reference}: cleaning up`;
    return { reason: "IPAddressNotAllocated", note };
  }
  const service = services.get(holder);
  if (heldIps(service?.spec).includes(ip)) return undefined;
  // A Service may be about to come or to take it. Not a number where nobody said when: nothing that old is on its way.
  if (nowMs - Date.parse(address.metadata?.creationTimestamp ?? "") <= graceMs) return undefined;
  return service === undefined
    ? {
        reason: "IPAddressNotAllocated",
        note: `IPAddress: ${ip} for Service ${holder} appears to have leaked: cleaning up`,
      }
    : {
        reason: "IPAddressWrongReference",
        note: `IPAddress: ${ip} for Service ${holder} has a wrong reference; cleaning up`,
      };
}

/** `namespace/name` of the Service it is for; `undefined` where it is for something else. */
function holderOf({ spec }: Readonly<IPAddress>): string | undefined {
  const { group = "", resource, namespace = "", name = "" } = spec?.parentRef ?? {};
  return group === "" && resource === "services" ? keyString({ namespace, name }) : undefined;
}

const isLabelled = ({ metadata }: Readonly<IPAddress>) => labelsContain(addressLabels, metadata?.labels);

import type { Service } from "../../api/generated/types.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { ClusterIps } from "../registry/allocation/cluster-ips.ts";
import type { NodePorts } from "../registry/allocation/node-ports.ts";
import type { Storage, StoredObject, WriteContext } from "../storage/storage.ts";

export interface RepairDeps {
  readonly storage: Storage;
  readonly etcdPrefix: string;
  readonly clock: Clock;
  readonly ips: ClusterIps;
  readonly ports: NodePorts;
}

/** All objects below a folder of the etcd prefix, as new as any write that has been answered. @throws StorageError */
export async function readAll(
  folder: string,
  { storage, etcdPrefix }: Pick<RepairDeps, "storage" | "etcdPrefix">,
  { signal }: WriteContext,
): Promise<readonly StoredObject[]> {
  const all = { version: { kind: "consistent" }, limit: 0, after: "", signal } as const;
  return (await storage.list(`${etcdPrefix}/${folder}/`, all)).items;
}

/** @throws StorageError */
export const readServices = async (deps: RepairDeps, write: WriteContext): Promise<Readonly<Service>[]> =>
  (await readAll("services/specs", deps, write)).map(({ object }) => object as Readonly<Service>);

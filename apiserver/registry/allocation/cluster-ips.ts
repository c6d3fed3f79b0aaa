import type { IPAddress, Service } from "../../../api/generated/types.ts";
import type { ObjectKey } from "../../../api/meta.ts";
import { type Clock, timestamp } from "../../../component-base/clock.ts";
import {
  type Storage,
  StorageError,
  type StoredObject,
  type UpdateDecision,
  type WriteContext,
} from "../../storage/storage.ts";
import type { Random } from "../random.ts";
import { IpRange } from "./ip-range.ts";

export interface AllocatorDeps {
  readonly storage: Storage;
  readonly etcdPrefix: string;
  readonly clock: Clock;
  readonly random: Random;
}

export const managerLabel = "ipaddress.kubernetes.io/managed-by";

/** Of every IPAddress that is given here. */
export const addressLabels: Readonly<Record<string, string>> = {
  "ipaddress.kubernetes.io/ip-family": "IPv4",
  [managerLabel]: "ipallocator.k8s.io",
};

/** Why an address could not be had; the text is for the user. */
export class AllocationError extends Error {}

/**
 * Cluster IPs, each held by an IPAddress object of its name, so that gateways which know nothing of each other cannot give
 * one address twice. @see k8s.io/kubernetes v1.36.0 pkg/registry/core/service/ipallocator/ipallocator.go
 */
export class ClusterIps {
  readonly #deps: AllocatorDeps;
  readonly #range: IpRange;

  constructor(range: string, deps: AllocatorDeps) {
    this.#deps = deps;
    this.#range = new IpRange(range);
  }

  /** Any free address. @throws AllocationError, StorageError */
  async next(service: ObjectKey, { write, dryRun }: { write: WriteContext; dryRun: boolean }): Promise<string> {
    const { random, storage } = this.#deps;
    for (const ip of this.#range.candidates(() => randomFraction(random))) {
      if (storage.cached.get(this.#key(ip)) !== undefined) continue;
      if (dryRun || (await this.#take(ip, service, write))) return ip;
    }
    throw new AllocationError("range is full");
  }

  /** That address. @throws AllocationError, StorageError */
  async take(
    ip: string,
    service: ObjectKey,
    { write, dryRun }: { write: WriteContext; dryRun: boolean },
  ): Promise<void> {
    if (!this.#range.contains(ip)) {
      throw new AllocationError(
        `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.#range.text}`,
      );
    }
    const isFree = dryRun
      ? this.#deps.storage.cached.get(this.#key(ip)) === undefined
      : (await this.#take(ip, service, write)) || (await this.#adopt(ip, service, write));
    if (!isFree) throw new AllocationError("provided IP is already allocated");
  }

  /** Gives an address back; one that is free already does not matter. */
  async release(ip: string, write: WriteContext): Promise<void> {
    const { storage } = this.#deps;
    try {
      await storage.update(this.#key(ip), (current) => ({ kind: current === undefined ? "keep" : "delete" }), write);
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== "NotFound") throw error;
    }
  }

  /**
   * Gives an address back that was taken for a Service which then was not created, unless a Service of that name holds it:
   * another gateway was faster with the same one.
   */
  async releaseUnused(ip: string, service: ObjectKey, write: WriteContext): Promise<void> {
    const stored = (await this.#storedService(service, write)) as Readonly<Service> | undefined;
    if (!stored?.spec?.clusterIPs?.includes(ip)) await this.release(ip, write);
  }

  async #storedService({ namespace, name }: ObjectKey, { signal }: WriteContext): Promise<unknown> {
    const { storage, etcdPrefix } = this.#deps;
    const key = `${etcdPrefix}/services/specs/${namespace}/${name}`;
    try {
      return (await storage.get(key, { version: { kind: "consistent" }, signal })).object;
    } catch (error) {
      if (error instanceof StorageError && error.code === "NotFound") return undefined;
      throw error;
    }
  }

  contains(ip: string): boolean {
    return this.#range.contains(ip);
  }

  /**
   * Makes the IPAddress say that the Service holds it, where it is missing or still at the revision that was found wrong.
   * @returns whether that was written
   */
  async assign(
    ip: string,
    service: ObjectKey,
    { wrongAt, write }: { wrongAt: bigint | undefined; write: WriteContext },
  ): Promise<boolean> {
    return this.#changeAt(ip, wrongAt, { kind: "put", object: this.#object(ip, service) }, write);
  }

  /** Takes the IPAddress away if it still is at that revision; @returns whether it was. */
  async removeAt(ip: string, revision: bigint, write: WriteContext): Promise<boolean> {
    return this.#changeAt(ip, revision, { kind: "delete" }, write);
  }

  async #changeAt(
    ip: string,
    revision: bigint | undefined,
    decision: UpdateDecision,
    write: WriteContext,
  ): Promise<boolean> {
    try {
      const decide = (current: StoredObject | undefined): UpdateDecision =>
        current?.revision === revision ? decision : { kind: "keep" };
      const { kind } = await this.#deps.storage.update(this.#key(ip), decide, write);
      return kind !== "kept";
    } catch (error) {
      if (error instanceof StorageError && error.code === "NotFound") return false;
      throw error;
    }
  }

  #key(ip: string): string {
    return `${this.#deps.etcdPrefix}/ipaddresses/${ip}`;
  }

  /** @returns false when somebody holds it */
  async #take(ip: string, service: ObjectKey, write: WriteContext): Promise<boolean> {
    try {
      await this.#deps.storage.create(this.#key(ip), this.#object(ip, service), write);
      return true;
    } catch (error) {
      if (error instanceof StorageError && error.code === "Exists") return false;
      throw error;
    }
  }

  /** An address that outlived the Service it was taken for, which now comes back: it begins anew, so that no repair ends it. */
  async #adopt(ip: string, service: ObjectKey, write: WriteContext): Promise<boolean> {
    const { storage, etcdPrefix } = this.#deps;
    const { namespace, name } = service;
    if (storage.cached.get(`${etcdPrefix}/services/specs/${namespace}/${name}`) !== undefined) return false;
    const held = storage.cached.get(this.#key(ip));
    const parent = (held?.object as Readonly<IPAddress> | undefined)?.spec?.parentRef;
    const isItsOwn = parent?.resource === "services" && parent.namespace === namespace && parent.name === name;
    return isItsOwn && (await this.assign(ip, service, { wrongAt: held?.revision, write }));
  }

  #object(ip: string, { namespace, name }: ObjectKey): IPAddress {
    const { random, clock } = this.#deps;
    return {
      kind: "IPAddress",
      apiVersion: "networking.k8s.io/v1",
      metadata: {
        name: ip,
        uid: random.uuid(),
        creationTimestamp: timestamp(clock),
        labels: { ...addressLabels },
      },
      spec: { parentRef: { resource: "services", namespace, name } },
    };
  }
}

/** A number in [0, 1) from the injected randomness. */
export const randomFraction = (random: Random) => Number.parseInt(random.uuid().slice(0, 8), 16) / 2 ** 32;

import type { ApiObject } from "../../api/meta.ts";
import type { Clock } from "../../component-base/clock.ts";
import { type Storage, StorageError } from "../storage/storage.ts";
import type { BoundObjects } from "./service-account-tokens.ts";

const storagePrefix = {
  serviceaccounts: "serviceaccounts",
  pods: "pods",
  secrets: "secrets",
  nodes: "minions",
} as const;

/** How long a token outlives the deletionTimestamp of what it is bound to. */
const leewayMs = 60_000;

/** Looks objects up in memory, and in etcd before calling one dead. */
export function createBoundObjects(deps: { storage: Storage; etcdPrefix: string; clock: Clock }): BoundObjects {
  const isLive = (object: Readonly<ApiObject> | undefined, uid: string) => {
    if (object === undefined || object.metadata?.uid !== uid) return false;
    const deletion = object.metadata.deletionTimestamp;
    return deletion === undefined || Date.parse(deletion) + leewayMs > deps.clock.now();
  };
  return {
    async isLive(reference, { signal }) {
      const { resource, namespace, name, uid } = reference;
      const scope = namespace === "" ? "" : `${namespace}/`;
      const key = `${deps.etcdPrefix}/${storagePrefix[resource]}/${scope}${name}`;
      if (isLive(deps.storage.cached.get(key)?.object, uid)) return true;
      try {
        const fresh = await deps.storage.get(key, { version: { kind: "consistent" }, signal });
        return isLive(fresh.object, uid);
      } catch (error) {
        if (error instanceof StorageError && error.code === "NotFound") return false;
        throw error;
      }
    },
  };
}

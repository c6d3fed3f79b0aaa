import type { Kind } from "../../api/kind.ts";
import { kindByApiVersion } from "../../api/kinds.ts";
import type { ApiObject } from "../../api/meta.ts";
import { keyOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { Policy } from "./classify.ts";

interface Target {
  readonly kind: Kind;
  readonly object: ApiObject;
}

/**
 * The garbage collector's writes. Each is conditioned on the object being the one that was looked at; an object that has
 * gone meanwhile is no failure.
 */
export class GarbageWriter {
  readonly #client: Pick<RestClient, "patch" | "delete">;

  constructor(client: Pick<RestClient, "patch" | "delete">) {
    this.#client = client;
  }

  async delete({ kind, object }: Target, propagationPolicy: Policy, signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion } = object.metadata ?? {};
    const preconditions = {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    };
    await unlessGone(this.#client.delete(kind, keyOf(object), { propagationPolicy, preconditions, signal }));
  }

  async removeFinalizer({ kind, object }: Target, finalizer: string, signal: AbortSignal): Promise<void> {
    const left = (object.metadata?.finalizers ?? []).filter((name) => name !== finalizer);
    const { resourceVersion } = object.metadata ?? {};
    const body = { metadata: { resourceVersion, finalizers: left.length === 0 ? null : left } };
    await unlessGone(this.#client.patch(kind, keyOf(object), { type: "merge", body }, { signal }));
  }

  /** Takes the owners with these UIDs away from a dependent. */
  async removeOwners({ kind, object }: Target, uids: readonly string[], signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion, ownerReferences = [] } = object.metadata ?? {};
    const metadata = isBuiltIn(kind)
      ? { uid, ownerReferences: uids.map((ownerUid) => ({ $patch: "delete", uid: ownerUid })) }
      : { uid, resourceVersion, ownerReferences: ownerReferences.filter((owner) => !uids.includes(owner.uid)) };
    const type = isBuiltIn(kind) ? "strategic" : "merge";
    await unlessGone(this.#client.patch(kind, keyOf(object), { type, body: { metadata } }, { signal }));
  }

  /** Lets the object's owners go before it does. */
  async unblockOwners({ kind, object }: Target, signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion, ownerReferences = [] } = object.metadata ?? {};
    const unblocked = ownerReferences.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    const body = { metadata: { uid, resourceVersion, ownerReferences: unblocked } };
    await unlessGone(this.#client.patch(kind, keyOf(object), { type: "merge", body }, { signal }));
  }
}

/** Only our own kinds have merge keys. */
const isBuiltIn = (kind: Kind) => kindByApiVersion(kind.apiVersion, kind.kind) !== undefined;

/** 404: gone. A conflict of UIDs means the same: another object has its name now. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return;
    throw error;
  }
}

import type { Kind } from "../../api/kind.ts";
import { type ApiObject, controllerOf, isDeleting, keyOf, namespaceOf, uidOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { controllerRef } from "./controller-ref.ts";

export type ClaimDecision = "keep" | "adopt" | "release" | "ignore";

/** What an owner does about one candidate child. */
function claimDecision(owner: ApiObject, child: ApiObject, selected: boolean): ClaimDecision {
  const controller = controllerOf(child);
  if (controller !== undefined) {
    if (controller.uid !== uidOf(owner)) return "ignore";
    if (selected) return "keep";
    return isDeleting(owner) ? "ignore" : "release";
  }
  if (!selected || isDeleting(owner) || isDeleting(child)) return "ignore";
  return namespaceOf(owner) === namespaceOf(child) ? "adopt" : "ignore";
}

export interface ClaimOptions<Owner extends ApiObject, Child extends ApiObject> {
  readonly ownerKind: Kind<Owner>;
  readonly owner: Owner;
  readonly childKind: Kind<Child>;
  readonly candidates: readonly Child[];
  readonly selects: (child: Child) => boolean;
  readonly client: Pick<RestClient, "get" | "patch">;
  readonly signal: AbortSignal;
}

/**
 * The children that are the owner's, after adopting those nobody manages and releasing those that its selector no longer
 * matches. Before the first adoption the owner is read live, since the cache may not know yet that it has gone.
 * @see kubernetes v1.36.0 pkg/controller/controller_ref_manager.go
 */
export async function claimChildren<Owner extends ApiObject, Child extends ApiObject>(
  options: ClaimOptions<Owner, Child>,
): Promise<Child[]> {
  const { owner, candidates, selects } = options;
  const claimed: Child[] = [];
  let ownerIsLive: boolean | undefined;
  for (const child of candidates) {
    switch (claimDecision(owner, child, selects(child))) {
      case "keep":
        claimed.push(child);
        break;
      case "release":
        await release(child, options);
        break;
      case "adopt":
        ownerIsLive ??= await isLive(options);
        if (ownerIsLive) {
          const adopted = await adopt(child, options);
          if (adopted !== undefined) claimed.push(adopted);
        }
        break;
      case "ignore":
        break;
    }
  }
  return claimed;
}

async function isLive<Owner extends ApiObject>(
  options: Pick<ClaimOptions<Owner, ApiObject>, "ownerKind" | "owner" | "client" | "signal">,
): Promise<boolean> {
  const { ownerKind, owner, client, signal } = options;
  const live = await unlessGone(client.get(ownerKind, keyOf(owner), { signal }));
  return live !== undefined && uidOf(live) === uidOf(owner) && !isDeleting(live);
}

function adopt<Owner extends ApiObject, Child extends ApiObject>(
  child: Child,
  options: ClaimOptions<Owner, Child>,
): Promise<Child | undefined> {
  const { ownerKind, owner, childKind, client, signal } = options;
  const body = { metadata: { ownerReferences: [controllerRef(ownerKind, owner)], uid: uidOf(child) } };
  return unlessGone(client.patch(childKind, keyOf(child), { type: "strategic", body }, { signal }));
}

async function release<Owner extends ApiObject, Child extends ApiObject>(
  child: Child,
  options: ClaimOptions<Owner, Child>,
): Promise<void> {
  const { owner, childKind, client, signal } = options;
  const ownerReferences = [{ $patch: "delete", uid: uidOf(owner) }];
  const body = { metadata: { uid: uidOf(child), ownerReferences } };
  await unlessGone(client.patch(childKind, keyOf(child), { type: "strategic", body }, { signal }));
}

/** 404: it is gone. 422: it is another object of that name, or no longer refers to the owner. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof StatusError && (error.code === 404 || error.code === 422)) return undefined;
    throw error;
  }
}

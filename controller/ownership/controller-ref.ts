import type { Kind } from "../../api/kind.ts";
import { type ApiObject, nameOf, type OwnerReference, uidOf } from "../../api/meta.ts";

/** The reference that a controller puts into everything it creates for `owner`. */
export function controllerRef(kind: Kind, owner: ApiObject): OwnerReference {
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    name: nameOf(owner),
    uid: uidOf(owner),
    controller: true,
    blockOwnerDeletion: true,
  };
}

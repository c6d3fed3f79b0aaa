import type { ObjectReference } from "./generated/types.ts";
import type { ApiObject } from "./meta.ts";

/** An event's `involvedObject` or `regarding` for an object of this kind. */
export function referenceTo(
  kind: { readonly kind: string; readonly apiVersion: string },
  object: Readonly<ApiObject>,
  fieldPath?: string,
): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata ?? {};
  return {
    kind: kind.kind,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(uid !== undefined && { uid }),
    apiVersion: kind.apiVersion,
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(fieldPath !== undefined && { fieldPath }),
  };
}

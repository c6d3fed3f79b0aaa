import type { ApiObject, OwnerReference } from "../../api/meta.ts";

export const uidOf = (object: ApiObject): string => object.metadata?.uid ?? "";
export const nameOf = (object: ApiObject): string => object.metadata?.name ?? "";
export const namespaceOf = (object: ApiObject): string => object.metadata?.namespace ?? "";
export const isDeleting = (object: ApiObject): boolean => object.metadata?.deletionTimestamp !== undefined;

/** Milliseconds since the epoch; 0 when the server has not said. */
export const createdMs = (object: ApiObject): number => Date.parse(object.metadata?.creationTimestamp ?? "") || 0;

/** The one owner that manages the object, if any. */
export const controllerOf = (object: ApiObject): OwnerReference | undefined =>
  object.metadata?.ownerReferences?.find((reference) => reference.controller === true);

/** Index function: the UID of the object's controller. */
export function controllerUidIndex(object: ApiObject): readonly string[] {
  const uid = controllerOf(object)?.uid;
  return uid === undefined ? [] : [uid];
}

/** Index function: the namespace of an object that no controller manages. */
export const orphanNamespaceIndex = (object: ApiObject): readonly string[] =>
  controllerOf(object) === undefined ? [namespaceOf(object)] : [];

/** Oldest first, then by name. */
export function byAge(a: ApiObject, b: ApiObject): number {
  const difference = createdMs(a) - createdMs(b);
  if (difference !== 0) return difference;
  return nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0;
}

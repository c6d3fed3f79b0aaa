/** metav1 shapes as they are on the wire. Times are RFC 3339 strings. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string | null;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any object of the API: what all kinds have in common. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface ApiList<T> {
  apiVersion?: string;
  kind?: string;
  metadata?: ListMeta;
  items: T[];
}

/** Namespace and name; the namespace of a cluster-scoped object is `""`. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object. */
export function keyString(key: ObjectKey): string {
  return key.namespace === "" ? key.name : `${key.namespace}/${key.name}`;
}

/** The inverse of {@link keyString}. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return slash < 0 ? { namespace: "", name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** The key of an object that came from a server, and so has a name. */
export function keyOf(object: ApiObject): ObjectKey {
  return { namespace: object.metadata?.namespace ?? "", name: object.metadata?.name ?? "" };
}

export const uidOf = (object: ApiObject): string => object.metadata?.uid ?? "";
export const nameOf = (object: ApiObject): string => object.metadata?.name ?? "";
export const namespaceOf = (object: ApiObject): string => object.metadata?.namespace ?? "";
export const isDeleting = (object: ApiObject): boolean => object.metadata?.deletionTimestamp !== undefined;

/** Milliseconds since the epoch; 0 when the server has not said. */
export const createdMs = (object: ApiObject): number => Date.parse(object.metadata?.creationTimestamp ?? "") || 0;

/** The one owner that manages the object, if any. */
export const controllerOf = (object: ApiObject): OwnerReference | undefined =>
  object.metadata?.ownerReferences?.find((reference) => reference.controller === true);

/** Oldest first, then by name. */
export function byAge(a: ApiObject, b: ApiObject): number {
  const difference = createdMs(a) - createdMs(b);
  if (difference !== 0) return difference;
  return nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0;
}

import type { ObjectMeta } from "../../../api/meta.ts";

/** Metadata with its keys in Kubernetes' order and without empty ones, so that stored objects read alike. */
export function orderedMeta(meta: ObjectMeta): ObjectMeta {
  const ordered: ObjectMeta = {};
  if (meta.name !== undefined) ordered.name = meta.name;
  if (meta.generateName) ordered.generateName = meta.generateName;
  if (meta.namespace) ordered.namespace = meta.namespace;
  if (meta.uid !== undefined) ordered.uid = meta.uid;
  if (typeof meta.generation === "number" && meta.generation !== 0) ordered.generation = meta.generation;
  if (meta.creationTimestamp) ordered.creationTimestamp = meta.creationTimestamp;
  if (meta.deletionTimestamp) ordered.deletionTimestamp = meta.deletionTimestamp;
  if (typeof meta.deletionGracePeriodSeconds === "number") {
    ordered.deletionGracePeriodSeconds = meta.deletionGracePeriodSeconds;
  }
  if (meta.labels && hasKeys(meta.labels)) ordered.labels = meta.labels;
  if (meta.annotations && hasKeys(meta.annotations)) ordered.annotations = meta.annotations;
  if (meta.ownerReferences && meta.ownerReferences.length > 0) ordered.ownerReferences = meta.ownerReferences;
  if (meta.finalizers && meta.finalizers.length > 0) ordered.finalizers = meta.finalizers;
  if (meta.managedFields && meta.managedFields.length > 0) ordered.managedFields = meta.managedFields;
  return ordered;
}

function hasKeys(map: object): boolean {
  for (const _key in map) return true;
  return false;
}

import { type ApiObject, controllerOf, namespaceOf } from "../../api/meta.ts";

/** Index function: the UID of the object's controller. */
export function controllerUidIndex(object: ApiObject): readonly string[] {
  const uid = controllerOf(object)?.uid;
  return uid === undefined ? [] : [uid];
}

/** Index function: the namespace of an object that no controller manages. */
export const orphanNamespaceIndex = (object: ApiObject): readonly string[] =>
  controllerOf(object) === undefined ? [namespaceOf(object)] : [];

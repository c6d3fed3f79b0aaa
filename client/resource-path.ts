import type { Kind } from "../api/kind.ts";
import type { ObjectKey } from "../api/meta.ts";

/** `/api/v1/namespaces/default/pods`; an empty or absent namespace gives all namespaces. */
export function collectionPath(kind: Kind, namespace = ""): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  if (kind.scope === "Cluster" || namespace === "") return `${root}/${kind.plural}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`;
}

/** `/api/v1/namespaces/default/pods/web/status`. */
export function objectPath(kind: Kind, key: ObjectKey, subresource = ""): string {
  const path = `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === "" ? path : `${path}/${subresource}`;
}

/** `?a=1&b=x`, or nothing when no parameter has a value. */
export function queryString(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  let text = "";
  for (const name in parameters) {
    const value = parameters[name];
    if (value === undefined || value === "") continue;
    text += `${text === "" ? "?" : "&"}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}

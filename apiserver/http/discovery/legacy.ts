import type { Kind, Subresource } from "../../../api/kind.ts";
import { storageVersionHash } from "../../../api/storage-version-hash.ts";
import { type Group, type GroupVersion, sortedVerbs, subresourcesOf } from "./groups.ts";

/** `/api`. @param serverAddress - host and port */
export const apiVersions = (core: Group | undefined, serverAddress: string) => ({
  kind: "APIVersions",
  versions: core?.versions.map(({ version }) => version) ?? [],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
});

/** `/apis`: all groups but the core one. */
export const apiGroupList = (groups: readonly Group[]) => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groups.filter(({ name }) => name !== "").map(groupBody),
});

/** `/apis/{group}`. */
export const apiGroup = (group: Group) => ({ kind: "APIGroup", apiVersion: "v1", ...groupBody(group) });

function groupBody({ name, versions }: Group) {
  const bodies = versions.map(({ groupVersion, version }) => ({ groupVersion, version }));
  return { name, versions: bodies, preferredVersion: bodies[0] };
}

/** `/api/v1`, `/apis/{group}/{version}`. */
export function apiResourceList({ group, groupVersion, kinds }: GroupVersion) {
  const resources = kinds.flatMap((kind) => [
    resource(kind),
    ...subresourcesOf(kind).map((row) => subresource(kind, row)),
  ]);
  resources.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { kind: "APIResourceList", ...(group !== "" && { apiVersion: "v1" }), groupVersion, resources };
}

function resource(kind: Kind) {
  const hash = storageVersionHash(kind);
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.scope === "Namespaced",
    kind: kind.kind,
    verbs: sortedVerbs(kind.verbs),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(hash !== undefined && { storageVersionHash: hash }),
  };
}

function subresource(kind: Kind, row: Subresource) {
  const foreign = row.kind !== undefined && (row.kind.group !== kind.group || row.kind.version !== kind.version);
  return {
    name: `${kind.plural}/${row.name}`,
    singularName: "",
    namespaced: kind.scope === "Namespaced",
    ...(foreign && { group: row.kind?.group, version: row.kind?.version }),
    kind: row.kind?.kind ?? kind.kind,
    verbs: sortedVerbs(row.verbs),
  };
}

import type { Kind, Subresource } from "../../../api/kind.ts";

/** The order in which clients look for a resource's name. @see kubernetes v1.36.3 pkg/controlplane/apiserver/aggregator.go */
const groupPriority: Readonly<Record<string, number>> = {
  "": 18000,
  apps: 17800,
  "events.k8s.io": 17750,
  "authentication.k8s.io": 17700,
  "authorization.k8s.io": 17600,
  autoscaling: 17500,
  batch: 17400,
  "certificates.k8s.io": 17300,
  "networking.k8s.io": 17200,
  policy: 17100,
  "rbac.authorization.k8s.io": 17000,
  "storage.k8s.io": 16800,
  "admissionregistration.k8s.io": 16700,
  "apiextensions.k8s.io": 16700,
  "scheduling.k8s.io": 16600,
  "coordination.k8s.io": 16500,
  "node.k8s.io": 16300,
  "discovery.k8s.io": 16200,
  "flowcontrol.apiserver.k8s.io": 16100,
};
const customGroupPriority = 1000;

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  /** `v1`, `apps/v1`. */
  readonly groupVersion: string;
  /** Sorted by plural. */
  readonly kinds: readonly Kind[];
}

export interface Group {
  readonly name: string;
  /** Best first. */
  readonly versions: readonly GroupVersion[];
}

/** Kinds by group and version, in the order of discovery; the core group, named `""`, comes first. */
export function groupsOf(kinds: readonly Kind[]): Group[] {
  const byGroup = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    const versions = getOrCreate(byGroup, kind.group, () => new Map<string, Kind[]>());
    getOrCreate(versions, kind.version, () => []).push(kind);
  }
  const groups = [...byGroup].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .map(([version, members]) => ({
        group: name,
        version,
        groupVersion: name === "" ? version : `${name}/${version}`,
        kinds: members.sort((a, b) => compare(a.plural, b.plural)),
      }))
      .sort((a, b) => compareVersions(a.version, b.version)),
  }));
  const priority = (name: string) => groupPriority[name] ?? customGroupPriority;
  return groups.sort((a, b) => priority(b.name) - priority(a.name) || compare(a.name, b.name));
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const stability = { alpha: 0, beta: 1 } as const;

/** GA before beta before alpha, higher numbers first. @see k8s.io/apimachinery v0.36.0 pkg/version/helpers.go */
function compareVersions(a: string, b: string): number {
  const rank = (version: string) => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [-1, 0, 0];
    const level = match[2] as keyof typeof stability | undefined;
    return [level === undefined ? 2 : stability[level], Number(match[1]), Number(match[3] ?? 0)];
  };
  const [left, right] = [rank(a), rank(b)];
  for (const [index, value] of left.entries()) {
    const difference = (right[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return compare(a, b);
}

/** Subresources sorted by name. */
export const subresourcesOf = (kind: Kind): readonly Subresource[] =>
  [...kind.subresources].sort((a, b) => compare(a.name, b.name));

export const sortedVerbs = (verbs: readonly string[]) => [...verbs].sort(compare);

import { createHash } from "node:crypto";
import type { Kind, Subresource } from "../../../api/kind.ts";
import type { Clause } from "../negotiate.ts";
import { type Group, type GroupVersion, sortedVerbs, subresourcesOf } from "./groups.ts";

/** All of discovery in one document, as it goes over the wire. */
export interface AggregatedDiscovery {
  readonly body: Buffer;
  /** Quoted, as in the header. */
  readonly etag: string;
}

export const aggregatedContentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

export function aggregatedDiscovery(groups: readonly Group[]): AggregatedDiscovery {
  const body = Buffer.from(
    `${JSON.stringify({
      kind: "APIGroupDiscoveryList",
      apiVersion: "apidiscovery.k8s.io/v2",
      metadata: {},
      items: groups.map((group) => ({
        metadata: group.name === "" ? {} : { name: group.name },
        versions: group.versions.map(versionBody),
      })),
    })}\n`,
  );
  return { body, etag: `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"` };
}

function versionBody(version: GroupVersion) {
  return { version: version.version, resources: version.kinds.map(resourceBody), freshness: "Current" };
}

function resourceBody(kind: Kind) {
  const subresources = subresourcesOf(kind).map((row) => subresourceBody(kind, row));
  return {
    resource: kind.plural,
    responseKind: { group: "", version: "", kind: kind.kind },
    scope: kind.scope,
    singularResource: kind.singular,
    verbs: sortedVerbs(kind.verbs),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

function subresourceBody(kind: Kind, row: Subresource) {
  const own = row.kind === undefined || (row.kind.group === kind.group && row.kind.version === kind.version);
  return {
    subresource: row.name,
    responseKind: {
      group: own ? "" : row.kind.group,
      version: own ? "" : row.kind.version,
      kind: row.kind?.kind ?? kind.kind,
    },
    verbs: sortedVerbs(row.verbs),
  };
}

/** Whether the best clause that can be served asks for the aggregated form. Its beta is no longer served. */
export function wantsAggregated(clauses: readonly Clause[]): boolean {
  for (const { type, parameters } of clauses) {
    if (type !== "application/json" && type !== "*/*") continue;
    const { g, v, as } = parameters;
    if (as === undefined) return false;
    if (g === "apidiscovery.k8s.io" && v === "v2" && as === "APIGroupDiscoveryList") return true;
  }
  return false;
}

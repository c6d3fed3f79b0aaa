import { defineKind, type Kind, type Verb } from "../api/kind.ts";
import { kindByGvk } from "../api/kinds.ts";
import type { RestClient } from "../client/rest-client.ts";

export interface DiscoveredKinds {
  /** Every kind served, each once, in its group's preferred version. */
  readonly kinds: readonly Kind[];
  /** Group versions whose discovery failed. */
  readonly failed: readonly string[];
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What the server serves just now: our own kinds by their rows, others from what discovery says about them. */
export async function discoverKinds(
  client: Pick<RestClient, "raw">,
  options: { signal: AbortSignal },
): Promise<DiscoveredKinds> {
  const { groups = [] } = (await client.raw("GET", "/apis", options)) as {
    groups?: { preferredVersion?: { groupVersion: string } }[];
  };
  const preferred = groups.flatMap(({ preferredVersion }) => preferredVersion?.groupVersion ?? []);
  const versions = ["v1", ...preferred];
  const lists = await Promise.allSettled(versions.map((version) => resourcesOf(version, client, options)));
  options.signal.throwIfAborted();
  return {
    kinds: lists.flatMap((list) => (list.status === "fulfilled" ? list.value : [])),
    failed: versions.filter((_, index) => lists[index]?.status === "rejected"),
  };
}

async function resourcesOf(
  groupVersion: string,
  client: Pick<RestClient, "raw">,
  options: { signal: AbortSignal },
): Promise<Kind[]> {
  const path = groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
  const { resources = [] } = (await client.raw("GET", path, options)) as { resources?: ApiResource[] };
  const [group, version] = groupVersion.includes("/")
    ? (groupVersion.split("/") as [string, string])
    : ["", groupVersion];
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map(
      ({ name, kind, namespaced, verbs }) =>
        kindByGvk(group, version, kind) ??
        defineKind({
          group,
          version,
          kind,
          plural: name,
          scope: namespaced ? "Namespaced" : "Cluster",
          schema: "",
          verbs: verbs as Verb[],
        }),
    );
}

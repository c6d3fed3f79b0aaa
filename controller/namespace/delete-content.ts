import type { Kind } from "../../api/kind.ts";
import { kinds } from "../../api/kinds.ts";
import { type ApiObject, isDeleting, keyOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { discoverKinds } from "../discover-kinds.ts";
import { unlessNotFound } from "../not-found.ts";
import type { ContentReport } from "./namespace-conditions.ts";

interface KindReport {
  readonly kind: Kind;
  readonly left: readonly ApiObject[];
  readonly failure?: string;
}

/**
 * Deletes what a namespace holds: first its Pods, and only when none is left everything else, so that no Pod runs without
 * the ConfigMaps, policies and Services it relies on. Answers what is left.
 * @see kubernetes v1.36.0 pkg/controller/namespace/deletion/namespaced_resources_deleter.go
 */
export async function deleteContent(
  namespace: string,
  client: RestClient,
  options: { signal: AbortSignal },
): Promise<ContentReport> {
  const deletePods = deleteKind(kinds.pods, namespace, client, options.signal);
  const discovered = await discoverKinds(client, options);
  const reports = [await deletePods];
  if (reports[0]?.left.length === 0 && reports[0].failure === undefined) {
    const others = discovered.kinds.filter(
      (kind) =>
        kind.scope === "Namespaced" &&
        kind !== kinds.pods &&
        kind.verbs.includes("list") &&
        kind.verbs.includes("delete"),
    );
    reports.push(...(await Promise.all(others.map((kind) => deleteKind(kind, namespace, client, options.signal)))));
  }
  const finalizers = new Map<string, number>();
  for (const object of reports.flatMap(({ left }) => left)) {
    for (const name of object.metadata?.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  }
  return {
    remaining: reports.filter(({ left }) => left.length > 0).map(({ kind, left }) => ({ kind, count: left.length })),
    finalizers,
    discoveryFailures: discovered.failed,
    deletionFailures: reports.flatMap(({ failure }) => failure ?? []),
  };
}

/** One list when there is nothing; a deletion and another list when there is. */
async function deleteKind(kind: Kind, namespace: string, client: RestClient, signal: AbortSignal): Promise<KindReport> {
  try {
    const before = await client.list(kind, { namespace, signal });
    if (before.items.length === 0) return { kind, left: [] };
    const alive = before.items.filter((object) => !isDeleting(object));
    if (alive.length === 0) return { kind, left: before.items };
    if (kind.verbs.includes("deletecollection")) {
      await client.deleteCollection(kind, { namespace, propagationPolicy: "Background", signal });
    } else {
      for (const object of alive) await deleteOne(kind, object, client, signal);
    }
    return { kind, left: (await client.list(kind, { namespace, signal })).items };
  } catch (error) {
    if (signal.aborted) throw error;
    // A kind that has gone since discovery has no objects left.
    if (error instanceof StatusError && (error.code === 404 || error.code === 405)) return { kind, left: [] };
    return { kind, left: [], failure: error instanceof Error ? error.message : String(error) };
  }
}

async function deleteOne(kind: Kind, object: ApiObject, client: RestClient, signal: AbortSignal): Promise<void> {
  await unlessNotFound(client.delete(kind, keyOf(object), { propagationPolicy: "Background", signal }));
}

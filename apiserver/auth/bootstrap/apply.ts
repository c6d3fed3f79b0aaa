import { StatusError } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { plainRead, type Registry, type ResourceStore, type WriteOptions } from "../../registry/store.ts";
import type { CachedReader } from "../../storage/storage.ts";
import { uncoveredRules } from "../escalation.ts";
import { type DesiredObject, desiredPolicy, type RbacObject } from "./desired.ts";
import type { Subject } from "./policy.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "kube-apiserver", fieldValidation: "Strict" };

/**
 * Creates what is missing of the bootstrap policy and adds missing rules and subjects to what is there, except where the
 * annotation `rbac.authorization.kubernetes.io/autoupdate` says `"false"`. On a warm start it writes nothing.
 *
 * @param deps.context - a context of the gateway's own, privileged user for a request in that namespace
 * @see kubernetes v1.36.3 pkg/registry/rbac/rest/storage_rbac.go
 */
export async function applyBootstrapPolicy(deps: {
  registry: Registry;
  cached: CachedReader;
  etcdPrefix: string;
  context: (namespace: string) => RequestContext;
}): Promise<void> {
  const pending = desiredPolicy().filter((desired) => {
    const live = deps.cached.get(storageKey(deps.etcdPrefix, desired));
    return live === undefined || missingParts(live.object as RbacObject, desired.object) !== undefined;
  });
  // All at once: on the first start this is most of the time until the gateway is ready.
  await Promise.all(pending.map((desired) => applyOne(deps, desired)));
}

async function applyOne(
  deps: { registry: Registry; context: (namespace: string) => RequestContext },
  desired: DesiredObject,
): Promise<void> {
  const store = deps.registry.store("rbac.authorization.k8s.io", "v1", desired.plural);
  if (store === undefined) throw new Error(`no store for ${desired.plural}`);
  const context = deps.context(desired.object.metadata?.namespace ?? "");
  try {
    await store.create(context, { value: structuredClone(desired.object), duplicateFields: [] }, options);
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
    await complete(store, context, desired.object);
  }
}

/** Adds what is missing, again if someone else writes meanwhile. */
async function complete(store: ResourceStore, context: RequestContext, desired: RbacObject): Promise<void> {
  const name = desired.metadata?.name ?? "";
  for (;;) {
    const live = await store.get(context, name, plainRead);
    const completed = missingParts(live.object as RbacObject, desired);
    if (completed === undefined) return;
    try {
      await store.update(context, name, { value: completed, duplicateFields: [] }, options);
      return;
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== "Conflict") throw error;
    }
  }
}

/** The live object with what it lacks; undefined when it lacks nothing or must be left alone. */
function missingParts(live: RbacObject, desired: RbacObject): RbacObject | undefined {
  if (live.metadata?.annotations?.["rbac.authorization.kubernetes.io/autoupdate"] === "false") return undefined;
  const rules = uncoveredRules(live.rules ?? [], desired.rules ?? []);
  const subjects = (desired.subjects ?? []).filter(
    (subject) => !live.subjects?.some((other) => sameSubject(other, subject)),
  );
  const aggregation = desired.aggregationRule !== undefined && live.aggregationRule === undefined;
  if (rules.length === 0 && subjects.length === 0 && !aggregation) return undefined;
  return {
    ...structuredClone(live),
    ...(rules.length > 0 && { rules: [...(live.rules ?? []), ...rules] }),
    ...(subjects.length > 0 && { subjects: [...(live.subjects ?? []), ...subjects] }),
    ...(aggregation && desired.aggregationRule !== undefined && { aggregationRule: desired.aggregationRule }),
  };
}

function sameSubject(left: Subject, right: Subject): boolean {
  return left.kind === right.kind && left.name === right.name && (left.namespace ?? "") === (right.namespace ?? "");
}

function storageKey(etcdPrefix: string, desired: DesiredObject): string {
  const { namespace, name } = desired.object.metadata ?? {};
  const scope = namespace === undefined ? "" : `${namespace}/`;
  return `${etcdPrefix}/${desired.plural}/${scope}${name}`;
}

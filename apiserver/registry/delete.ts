import { equalJson } from "../../api/json.ts";
import type { ObjectMeta } from "../../api/meta.ts";
import { conflict, deletedStatus, notFound } from "../../api/status.ts";
import { type Clock, timestamp } from "../../component-base/clock.ts";
import type { RequestContext } from "../http/request-context.ts";
import { StorageError, type StoredObject, type UpdateDecision } from "../storage/storage.ts";
import { inOrder } from "./create.ts";
import { DetachedObject } from "./object-view.ts";
import { type AnyObject, objectNamespace, type Resource, storageKey, writeContext } from "./resource.ts";
import type { DeleteOptions, DeleteOutcome } from "./store.ts";
import { statusErrors } from "./to-status.ts";

const orphanFinalizer = "orphan";
const foregroundFinalizer = "foregroundDeletion";

/** DELETE of one object. @throws StatusError @see k8s.io/apiserver v0.36.0 pkg/registry/generic/registry/store.go */
export async function deleteObject(
  resource: Resource,
  ctx: RequestContext,
  name: string,
  options: DeleteOptions,
): Promise<DeleteOutcome> {
  const key = storageKey(resource, objectNamespace(resource, ctx), name);
  const { storage, view, strategy } = resource;
  const deletion: Deletion = { resource, ctx, name, options };
  return statusErrors({ ref: resource.ref, name }, async () => {
    if (options.dryRun) return dryRunDelete(deletion, key);
    let step: DeletionStep | undefined;
    const result = await storage.update(
      key,
      async (current) => {
        step = await decide(deletion, current);
        return step.decision;
      },
      writeContext(ctx),
    );
    const stored = view.stored(result.stored);
    if (result.kind === "deleted") {
      await strategy.afterDelete?.(stored.object, {
        ctx,
        user: ctx.user,
        dryRun: false,
        subresource: "",
        updating: true,
      });
      return goneOutcome(resource, stored);
    }
    if (step?.pending === true) return goneOutcome(resource, stored, { gone: false });
    return { kind: "object", stored, gone: false };
  });
}

interface Deletion {
  readonly resource: Resource;
  readonly ctx: RequestContext;
  readonly name: string;
  readonly options: DeleteOptions;
}

interface DeletionStep {
  readonly decision: UpdateDecision;
  /** It is on its way already and this request changes nothing. */
  readonly pending: boolean;
}

async function dryRunDelete(deletion: Deletion, key: string): Promise<DeleteOutcome> {
  const { resource, ctx } = deletion;
  let current: StoredObject | undefined;
  try {
    current = await resource.storage.get(key, { version: { kind: "consistent" }, signal: ctx.signal });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== "NotFound") throw error;
  }
  const { decision, pending } = await decide(deletion, current);
  if (current === undefined) throw notFound(resource.ref, deletion.name);
  const stored = resource.view.stored(current);
  if (decision.kind === "delete") return goneOutcome(resource, stored);
  if (pending || decision.kind === "keep") return goneOutcome(resource, stored, { gone: false });
  const resourceVersion = stored.object.metadata?.resourceVersion ?? "";
  const object = { ...decision.object, metadata: { ...decision.object.metadata, resourceVersion } };
  return { kind: "object", stored: new DetachedObject(key, stored.revision, object), gone: false };
}

function goneOutcome(
  resource: Resource,
  stored: StoredObject,
  { gone }: { gone: boolean } = { gone: true },
): DeleteOutcome {
  if (resource.kind.returnsDeletedObject) return { kind: "object", stored, gone };
  const { name, uid } = stored.object.metadata ?? {};
  return { kind: "status", status: deletedStatus(resource.ref, name ?? "", uid ?? "") };
}

async function decide(deletion: Deletion, stored: StoredObject | undefined): Promise<DeletionStep> {
  const { resource, ctx, name, options } = deletion;
  const { kind, strategy, admission, clock, view } = resource;
  if (stored === undefined) throw notFound(resource.ref, name);
  const old = view.fromStored(stored.object) as Readonly<AnyObject>;
  strategy.refuseDeletion?.(old);
  checkPreconditions(resource, old, options);
  const admitted = admission.validate({
    operation: "DELETE",
    kind,
    subresource: "",
    namespace: ctx.info.namespace,
    name,
    dryRun: options.dryRun,
    ctx,
    oldObject: old,
  });
  if (admitted !== undefined) await admitted;
  const meta: ObjectMeta = { ...old.metadata };
  delete meta.resourceVersion;
  const grace = applyGracePeriod(resource, old, meta, options);
  if (grace === "pending") return { decision: { kind: "keep" }, pending: true };
  setGarbageCollectionFinalizers(resource, meta, options);
  const held = (meta.finalizers ?? []).length > 0;
  const waits = strategy.mayBeRemoved?.(old) === false;
  if (grace === "none" && !held && !waits) return { decision: { kind: "delete" }, pending: false };
  if (grace === "none") markAsDeleting(meta, clock);
  const object: AnyObject = { ...old, metadata: meta };
  strategy.prepareForDelete?.(object);
  const { resourceVersion: _revision, ...before } = old.metadata ?? {};
  if (equalJson(before, meta) && equalJson(old["status"], object["status"])) {
    return { decision: { kind: "keep" }, pending: false };
  }
  return { decision: { kind: "put", object: view.toStored(inOrder(object)) }, pending: false };
}

/** @throws StatusError 409 */
export function checkPreconditions(
  resource: Resource,
  old: Readonly<AnyObject>,
  { preconditions }: DeleteOptions,
): void {
  if (preconditions === undefined) return;
  const { uid, resourceVersion } = preconditions;
  const meta = old.metadata ?? {};
  const ref = { group: resource.ref.group, resource: resource.kind.kind };
  if (uid !== undefined && uid !== meta.uid) {
    throw conflict(
      ref,
      meta.name ?? "",
      `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion) {
    throw conflict(
      ref,
      meta.name ?? "",
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion}). The object might have been modified`,
    );
  }
}

/** `graceful`: the object stays for its period; `pending`: it does so already; `none`: no reason to wait. */
type Grace = "graceful" | "pending" | "none";

function applyGracePeriod(
  { strategy, clock }: Resource,
  old: Readonly<AnyObject>,
  meta: ObjectMeta,
  options: DeleteOptions,
): Grace {
  if (strategy.gracePeriod === undefined) return "none";
  const asked = options.gracePeriodSeconds;
  const wanted = asked !== undefined && asked < 0 ? 1 : asked;
  if (meta.deletionTimestamp !== undefined) {
    const present = meta.deletionGracePeriodSeconds;
    if (present === undefined) return "none";
    if (wanted === undefined || wanted >= present)
      return wanted === 0 || present === 0 ? pendingOrNone(meta) : "pending";
    if (wanted === 0) return "none";
    const dueMs = Date.parse(meta.deletionTimestamp) + (wanted - present) * 1000;
    meta.deletionTimestamp = wireTime(Math.max(dueMs, clock.now()));
    meta.deletionGracePeriodSeconds = wanted;
    return "graceful";
  }
  const periodSeconds = strategy.gracePeriod(old, wanted);
  if (periodSeconds === 0) return "none";
  meta.deletionTimestamp = wireTime(clock.now() + periodSeconds * 1000);
  meta.deletionGracePeriodSeconds = periodSeconds;
  if (meta.generation !== undefined && meta.generation > 0) meta.generation++;
  return "graceful";
}

/** The period is over; the object goes unless finalizers hold it. */
const pendingOrNone = (meta: ObjectMeta): Grace => ((meta.finalizers ?? []).length > 0 ? "pending" : "none");

const wireTime = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Adds and removes the finalizers that tell the garbage collector what to do with dependents. */
function setGarbageCollectionFinalizers({ kind }: Resource, meta: ObjectMeta, options: DeleteOptions): void {
  const present = meta.finalizers ?? [];
  const policy =
    kind.defaultPropagation === "Unsupported" ? "Background" : propagation(kind.defaultPropagation, present, options);
  const finalizers = present.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer);
  if (policy === "Orphan") finalizers.push(orphanFinalizer);
  if (policy === "Foreground") finalizers.push(foregroundFinalizer);
  if (equalJson([...finalizers].sort(), [...present].sort())) return;
  if (finalizers.length === 0) delete meta.finalizers;
  else meta.finalizers = finalizers;
}

function propagation(byDefault: string, finalizers: readonly string[], options: DeleteOptions): string {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? "Orphan" : "Background";
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  if (finalizers.includes(foregroundFinalizer)) return "Foreground";
  return byDefault;
}

/** Deletion has begun and waits for finalizers. */
function markAsDeleting(meta: ObjectMeta, clock: Clock): void {
  if (meta.deletionTimestamp === undefined && meta.generation !== undefined && meta.generation > 0) meta.generation++;
  const now = timestamp(clock);
  if (meta.deletionTimestamp === undefined || meta.deletionTimestamp > now) meta.deletionTimestamp = now;
  meta.deletionGracePeriodSeconds = 0;
}

import type { FieldError } from "../../api/field-errors.ts";
import { immutable } from "../../api/field-errors.ts";
import { equalJson } from "../../api/json.ts";
import type { ManagedFieldsEntry, ObjectMeta } from "../../api/meta.ts";
import { badRequest, conflict, invalid, notFound, staleObject } from "../../api/status.ts";
import type { RequestContext } from "../http/request-context.ts";
import { StorageError, type StoredObject, type UpdateDecision } from "../storage/storage.ts";
import { inOrder } from "./create.ts";
import { nextGeneration } from "./meta/generation.ts";
import { dedupeOwners } from "./meta/owner-references.ts";
import { validateMeta, validateMetaUpdate } from "./meta/validate-meta.ts";
import { DetachedObject } from "./object-view.ts";
import { type AnyObject, complete, objectNamespace, type Resource, storageKey, writeContext } from "./resource.ts";
import type { WriteOptions } from "./store.ts";
import type { Reservation, StrategyContext } from "./strategy.ts";
import { isOutcomeUnknown, statusErrors } from "./to-status.ts";

/** What a write does with an object that exists; the same for PUT, PATCH and subresources. */
export interface ExistingWrite {
  readonly name: string;
  /** What of the object is written: all but the status, or the status. Any other subresource writes what `next` says. */
  readonly subresource: string;
  /** The wanted state, ours to change. Called again with a newer object when another writer was faster. */
  next(current: Readonly<AnyObject>): AnyObject | Promise<AnyObject>;
  /** A uid that differs: PUT answers 409, PATCH 422. */
  readonly verb: "update" | "patch";
  /** The wanted state is made of the stored one and shares parts with it: defaults, which change in place, are not for it. */
  readonly derived?: boolean;
}

/** Thrown out of a write to a missing object that may be created instead. */
export class MissingObject extends Error {}

/**
 * Carries out a write to an existing object: one guarded update, or none when nothing changes.
 * @returns the new state, or the last one when the write removed the last finalizer of a deleted object
 * @throws StatusError, MissingObject
 */
export async function writeExisting(
  resource: Resource,
  ctx: RequestContext,
  write: ExistingWrite,
  options: WriteOptions,
): Promise<StoredObject> {
  const attempt = new WriteAttempt(resource, ctx, write, options);
  const key = storageKey(resource, objectNamespace(resource, ctx), write.name);
  return statusErrors({ ref: resource.ref, name: write.name }, async () => {
    try {
      return options.dryRun ? await dryRun(resource, ctx, key, attempt) : await carryOut(resource, ctx, key, attempt);
    } catch (error) {
      if (!isOutcomeUnknown(error)) await attempt.release();
      throw error;
    }
  });
}

async function carryOut(
  resource: Resource,
  ctx: RequestContext,
  key: string,
  attempt: WriteAttempt,
): Promise<StoredObject> {
  const result = await resource.storage.update(key, (current) => attempt.decide(current), writeContext(ctx));
  if (result.kind === "kept") {
    await attempt.release();
    return resource.view.stored(result.stored);
  }
  await attempt.commit();
  if (result.kind !== "deleted") return resource.view.stored(result.stored);
  await attempt.afterDelete();
  return attempt.lastState(result.stored);
}

async function dryRun(
  resource: Resource,
  ctx: RequestContext,
  key: string,
  attempt: WriteAttempt,
): Promise<StoredObject> {
  let current: StoredObject | undefined;
  try {
    current = await resource.storage.get(key, { version: { kind: "consistent" }, signal: ctx.signal });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== "NotFound") throw error;
  }
  const decision = await attempt.decide(current);
  await attempt.release();
  if (current === undefined || decision.kind === "keep") return resource.view.stored(current as StoredObject);
  return attempt.lastState(current);
}

/** One write's way from the current object to a decision; asked again for every newer object. */
class WriteAttempt {
  readonly #resource: Resource;
  readonly #ctx: RequestContext;
  readonly #write: ExistingWrite;
  readonly #options: WriteOptions;
  #reservation: Reservation | undefined;
  #final: AnyObject | undefined;

  constructor(resource: Resource, ctx: RequestContext, write: ExistingWrite, options: WriteOptions) {
    this.#resource = resource;
    this.#ctx = ctx;
    this.#write = write;
    this.#options = options;
  }

  async decide(stored: StoredObject | undefined): Promise<UpdateDecision> {
    await this.release();
    const { view, kind, ref } = this.#resource;
    if (stored === undefined) {
      if (this.#write.verb === "update" && this.#write.subresource === "" && kind.createOnUpdate)
        throw new MissingObject();
      throw notFound(ref, this.#write.name);
    }
    const old = view.fromStored(stored.object) as Readonly<AnyObject>;
    const object = await this.#write.next(old);
    const meta = object.metadata ?? {};
    object.metadata = meta;
    const sentManagedFields = meta.managedFields;
    this.#checkIdentity(meta, old.metadata ?? {});
    await this.#prepare(object, old);
    if (unchanged(object, old) && equalJson(sentManagedFields, old.metadata?.managedFields)) return { kind: "keep" };
    const removed = await this.#validate(object, old);
    this.#recordManagers(object, old, sentManagedFields);
    this.#final = inOrder(object);
    if (removed) return { kind: "delete" };
    const ttl = kind.ttlSeconds === undefined ? {} : { ttlSeconds: kind.ttlSeconds };
    return { kind: "put", object: view.toStored(this.#final), ...ttl };
  }

  /** The object as this write left it, though the store no longer holds it so. */
  lastState(stored: StoredObject): StoredObject {
    const object = this.#final;
    if (object === undefined) return stored;
    const metadata = { ...object.metadata, resourceVersion: String(stored.object.metadata?.resourceVersion ?? "") };
    return new DetachedObject(stored.storageKey, stored.revision, { ...object, metadata });
  }

  async commit(): Promise<void> {
    const reservation = this.#reservation;
    // What is stored holds what was taken from now on, also when letting the rest go fails.
    this.#reservation = undefined;
    await reservation?.commit();
  }

  async release(): Promise<void> {
    await this.#reservation?.release();
    this.#reservation = undefined;
  }

  async afterDelete(): Promise<void> {
    if (this.#final !== undefined) await this.#resource.strategy.afterDelete?.(this.#final, this.#context());
  }

  #context(): StrategyContext {
    return {
      ctx: this.#ctx,
      user: this.#ctx.user,
      dryRun: this.#options.dryRun,
      subresource: this.#write.subresource,
      updating: true,
    };
  }

  /** uid and resourceVersion of the object sent against those of the object found. */
  #checkIdentity(meta: ObjectMeta, old: Readonly<ObjectMeta>): void {
    const { kind, ref } = this.#resource;
    const { name, verb } = this.#write;
    const version = meta.resourceVersion ?? "";
    if (version === "" || version === "0") {
      if (!kind.unconditionalUpdate) {
        throw invalid({ group: ref.group, kind: ref.resource }, name, [
          {
            type: "FieldValueInvalid",
            field: "metadata.resourceVersion",
            value: 0,
            detail: "must be specified for an update",
          },
        ]);
      }
    } else if (version !== old.resourceVersion) {
      if (!/^\d+$/.test(version))
        throw badRequest(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
      throw staleObject(ref, name);
    }
    if (!meta.uid || meta.uid === old.uid) return;
    if (verb === "patch") {
      const error = immutable("metadata.uid", meta.uid);
      throw invalid(this.#resource.kindRef, name, this.#resource.strategy.checksMetaOnce ? [error] : [error, error]);
    }
    throw uidMismatch(this.#resource, this.#ctx, { name, uid: meta.uid, actualUid: old.uid ?? "" });
  }

  /** Fills in what the client may leave out or may not change. */
  async #prepare(object: AnyObject, old: Readonly<AnyObject>): Promise<void> {
    const { kind, strategy, hasStatus, admission } = this.#resource;
    const { subresource } = this.#write;
    keepServerFields(object.metadata ?? {}, old.metadata ?? {});
    if (this.#write.derived !== true) complete(this.#resource, object);
    const admitted = admission.admit(this.#attributes(object, old));
    if (admitted !== undefined) await admitted;
    const context = this.#context();
    if (subresource === "status") {
      keepAllButStatus(object, old, strategy.statusKeepsLabels === true);
      strategy.prepareForStatusUpdate?.(object, old, context);
    } else {
      if (hasStatus && subresource === "") keepStatus(object, old);
      strategy.prepareForUpdate?.(object, old, context);
    }
    const meta = object.metadata ?? {};
    const generation = keepsGeneration.has(subresource) ? old.metadata?.generation : nextGeneration(kind, object, old);
    if (generation === undefined) delete meta.generation;
    else meta.generation = generation;
    dedupeOwners(meta, (text) => this.#ctx.warn(text));
  }

  /** @returns whether the object goes with this write: marked for deletion and held by nothing any more */
  async #validate(object: AnyObject, old: Readonly<AnyObject>): Promise<boolean> {
    const { kind, kindRef, strategy, admission } = this.#resource;
    const meta = object.metadata ?? {};
    const context = this.#context();
    const errors: FieldError[] = [
      ...validateMeta(meta, { nameRule: kind.nameRule, namespaced: kind.scope === "Namespaced" }),
      ...validateMetaUpdate(meta, old.metadata ?? {}),
    ];
    if (this.#write.subresource === "status") {
      errors.push(...(strategy.validateStatusUpdate?.(object, old) ?? []));
    } else {
      errors.push(
        ...(strategy.validate?.(object, context) ?? []),
        ...(strategy.validateUpdate?.(object, old, context) ?? []),
      );
    }
    if (errors.length > 0) throw invalid(kindRef, this.#write.name, errors);
    if (this.#write.subresource === "") this.#reservation = await strategy.reserve?.(object, old, context);
    await strategy.authorizeWrite?.(object, old, context);
    if (this.#write.subresource !== "status") {
      for (const text of strategy.warnings?.(object, old) ?? []) this.#ctx.warn(text);
    }
    const admitted = admission.validate(this.#attributes(object, old));
    if (admitted !== undefined) await admitted;
    const deleting = old.metadata?.deletionTimestamp !== undefined && !(old.metadata.deletionGracePeriodSeconds ?? 0);
    return deleting && (meta.finalizers ?? []).length === 0 && (strategy.mayBeRemoved?.(object) ?? true);
  }

  #recordManagers(object: AnyObject, old: Readonly<AnyObject>, sent: readonly ManagedFieldsEntry[] | undefined): void {
    if (this.#write.subresource === "binding") return;
    const { kind, fieldManager } = this.#resource;
    const entries = fieldManager.afterWrite({
      kind,
      subresource: this.#write.subresource,
      manager: this.#options.fieldManager,
      object,
      old,
      sent,
    });
    const meta = object.metadata ?? {};
    if (entries === undefined) delete meta.managedFields;
    else meta.managedFields = entries;
  }

  #attributes(object: AnyObject, old: Readonly<AnyObject>) {
    return {
      operation: "UPDATE" as const,
      kind: this.#resource.kind,
      subresource: this.#write.subresource,
      namespace: this.#ctx.info.namespace,
      name: this.#write.name,
      dryRun: this.#options.dryRun,
      ctx: this.#ctx,
      object,
      oldObject: old,
    };
  }
}

/** Writes through these say nothing new of what is wanted. */
const keepsGeneration = new Set(["status", "binding", "finalize"]);

/** Server-owned metadata of the old object; a deletion mark can be neither changed nor cleared. */
function keepServerFields(meta: ObjectMeta, old: Readonly<ObjectMeta>): void {
  if (!meta.uid && old.uid !== undefined) meta.uid = old.uid;
  if (!meta.namespace && old.namespace !== undefined) meta.namespace = old.namespace;
  if (old.creationTimestamp) meta.creationTimestamp = old.creationTimestamp;
  if (meta.deletionTimestamp === undefined || meta.deletionTimestamp === null) {
    if (old.deletionTimestamp !== undefined) meta.deletionTimestamp = old.deletionTimestamp;
    else delete meta.deletionTimestamp;
  }
  if (old.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  delete meta.resourceVersion;
}

function keepStatus(object: AnyObject, old: Readonly<AnyObject>): void {
  if (old["status"] === undefined) delete object["status"];
  else object["status"] = old["status"];
}

function keepAllButStatus(object: AnyObject, old: Readonly<AnyObject>, keepsLabels: boolean): void {
  for (const key of Object.keys(object)) if (!writtenByStatus.has(key) && !Object.hasOwn(old, key)) delete object[key];
  for (const key in old) if (!writtenByStatus.has(key)) object[key] = old[key];
  if (!keepsLabels) return;
  const meta: ObjectMeta = { ...object.metadata };
  if (old.metadata?.labels === undefined) delete meta.labels;
  else meta.labels = old.metadata.labels;
  object.metadata = meta;
}

const writtenByStatus = new Set(["metadata", "status"]);

/** Equal in all but managedFields and resourceVersion. */
function unchanged(object: AnyObject, old: Readonly<AnyObject>): boolean {
  for (const key in old) if (key !== "metadata" && !equalJson(object[key], old[key])) return false;
  for (const key in object) if (key !== "metadata" && !equalJson(object[key], old[key])) return false;
  const { managedFields: _a, resourceVersion: _b, ...left } = inOrder(object).metadata ?? {};
  const { managedFields: _c, resourceVersion: _d, ...right } = old.metadata ?? {};
  return equalJson(left, right);
}

/** 409 for a body whose uid is not that of what is stored; nothing stored has none. */
export function uidMismatch(
  resource: Resource,
  ctx: RequestContext,
  { name, uid, actualUid }: { name: string; uid: string; actualUid: string },
) {
  const key = storageKey(resource, objectNamespace(resource, ctx), name);
  const reason = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actualUid}`;
  const text = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${reason}`;
  return conflict(resource.ref, name, text);
}

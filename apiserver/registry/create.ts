import type { FieldError } from "../../api/field-errors.ts";
import { isObject } from "../../api/json.ts";
import type { ObjectMeta } from "../../api/meta.ts";
import { alreadyExists, badRequest, failure, invalid, StatusError } from "../../api/status.ts";
import { timestamp } from "../../component-base/clock.ts";
import type { RequestContext } from "../http/request-context.ts";
import { StorageError, type StoredObject } from "../storage/storage.ts";
import { decodeBody } from "./decode-body.ts";
import { firstGeneration } from "./meta/generation.ts";
import { orderedMeta } from "./meta/order-meta.ts";
import { dedupeOwners } from "./meta/owner-references.ts";
import { validateMeta } from "./meta/validate-meta.ts";
import { DetachedObject } from "./object-view.ts";
import { type AnyObject, complete, objectNamespace, type Resource, storageKey, writeContext } from "./resource.ts";
import type { DecodedBody, WriteOptions } from "./store.ts";
import type { Reservation, StrategyContext } from "./strategy.ts";
import { isOutcomeUnknown, statusErrors, toStatus } from "./to-status.ts";

const nameAttempts = 8;
const maxGeneratedBase = 58;

/** POST of an object. @throws StatusError */
export async function create(
  resource: Resource,
  ctx: RequestContext,
  body: DecodedBody,
  options: WriteOptions,
): Promise<StoredObject> {
  const { kind, schema } = resource;
  const object = await decodeBody(body, { kind, schema, ctx, fieldValidation: options.fieldValidation });
  return createObject(resource, ctx, object, options);
}

/** Creates a decoded object; it is changed and then shared. */
export async function createObject(
  resource: Resource,
  ctx: RequestContext,
  object: AnyObject,
  options: WriteOptions,
): Promise<StoredObject> {
  const { kind, strategy } = resource;
  const sent = isObject(object.metadata) ? (object.metadata as ObjectMeta) : {};
  if (sent.resourceVersion && !options.dryRun) {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const meta = systemFields(resource, ctx, sent);
  object.metadata = meta;
  complete(resource, object);
  const managedFields = resource.fieldManager.afterWrite({
    kind,
    subresource: "",
    manager: options.fieldManager,
    object,
    old: undefined,
    sent: sent.managedFields,
  });
  await admit(resource, ctx, object, options);
  const context: StrategyContext = { ctx, user: ctx.user, dryRun: options.dryRun, subresource: "", updating: false };
  if (resource.hasStatus && strategy.keepsStatusOnCreate !== true) delete object["status"];
  strategy.prepareForCreate?.(object, context);
  firstGeneration(kind, meta);
  dedupeOwners(meta, (text) => ctx.warn(text));
  const reservation = await strategy.reserve?.(object, undefined, context);
  try {
    refuseInvalid(resource, object, context);
    await strategy.authorizeWrite?.(object, undefined, context);
    for (const text of strategy.warnings?.(object, undefined) ?? []) ctx.warn(text);
    await validatingAdmission(resource, ctx, object, options);
    if (managedFields !== undefined) meta.managedFields = managedFields;
    return await store(resource, ctx, object, { options, sent, reservation });
  } catch (error) {
    if (!isOutcomeUnknown(error)) await reservation?.release();
    throw error;
  }
}

/** Fresh metadata with what the server owns. */
function systemFields(resource: Resource, ctx: RequestContext, sent: ObjectMeta): ObjectMeta {
  const { kind, random, clock } = resource;
  const namespace = objectNamespace(resource, ctx);
  if (kind.scope === "Namespaced" && sent.namespace && sent.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const meta: ObjectMeta = { ...sent, uid: random.uuid(), creationTimestamp: timestamp(clock) };
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.resourceVersion;
  delete meta.managedFields;
  if (namespace === "") delete meta.namespace;
  else meta.namespace = namespace;
  if (!meta.name && meta.generateName) meta.name = generatedName(meta.generateName, resource);
  return meta;
}

const generatedName = (base: string, { random }: Resource) => base.slice(0, maxGeneratedBase) + random.suffix(5);

function admit(resource: Resource, ctx: RequestContext, object: AnyObject, options: WriteOptions) {
  return resource.admission.admit(attributes(resource, ctx, object, options));
}

function validatingAdmission(resource: Resource, ctx: RequestContext, object: AnyObject, options: WriteOptions) {
  return resource.admission.validate(attributes(resource, ctx, object, options));
}

function attributes(resource: Resource, ctx: RequestContext, object: AnyObject, options: WriteOptions) {
  const { kind } = resource;
  const name = object.metadata?.name ?? "";
  return {
    operation: "CREATE" as const,
    kind,
    subresource: "",
    namespace: objectNamespace(resource, ctx) || ctx.info.namespace,
    name,
    dryRun: options.dryRun,
    ctx,
    object,
  };
}

function refuseInvalid(resource: Resource, object: AnyObject, context: StrategyContext): void {
  const { kind, strategy } = resource;
  const errors: FieldError[] = validateMeta(object.metadata ?? {}, {
    nameRule: kind.nameRule,
    namespaced: kind.scope === "Namespaced",
  });
  const more = strategy.validate?.(object, context);
  if (more !== undefined && more.length > 0) errors.push(...more);
  if (errors.length > 0) throw invalid(resource.kindRef, object.metadata?.name ?? "", errors);
}

interface StoreOptions {
  readonly options: WriteOptions;
  readonly sent: ObjectMeta;
  readonly reservation: Reservation | undefined;
}

async function store(
  resource: Resource,
  ctx: RequestContext,
  object: AnyObject,
  { options, sent, reservation }: StoreOptions,
): Promise<StoredObject> {
  const { kind, storage, view } = resource;
  const meta: ObjectMeta = object.metadata ?? {};
  const generated = !sent.name && Boolean(sent.generateName);
  for (let attempt = 1; ; attempt++) {
    const name = meta.name ?? "";
    const key = storageKey(resource, meta.namespace ?? "", name);
    const final = inOrder(object);
    try {
      if (options.dryRun) return await dryRunCreate(resource, ctx, { key, name, object: final });
      const ttl = kind.ttlSeconds === undefined ? {} : { ttlSeconds: kind.ttlSeconds };
      const stored = await storage.create(key, view.toStored(final), { ...writeContext(ctx), ...ttl });
      await reservation?.commit();
      return view.stored(stored);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (error.code !== "Exists") throw toStatus(error, { ref: resource.ref, name, nameIsGenerated: generated });
      if (!generated) throw await nameTaken(resource, ctx, key, name);
      if (attempt === nameAttempts) throw noUniqueName(resource, name);
      object.metadata = { ...meta, name: generatedName(meta.generateName ?? "", resource) };
      meta.name = object.metadata.name ?? "";
    }
  }
}

/** kind, apiVersion and metadata first: storage splices the resourceVersion in where metadata opens. */
export function inOrder(object: AnyObject): AnyObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata: orderedMeta(metadata ?? {}), ...rest } as AnyObject;
}

async function dryRunCreate(
  resource: Resource,
  ctx: RequestContext,
  { key, name, object }: { key: string; name: string; object: AnyObject },
): Promise<StoredObject> {
  try {
    await resource.storage.get(key, { version: { kind: "consistent" }, signal: ctx.signal });
  } catch (error) {
    if (error instanceof StorageError && error.code === "NotFound") return new DetachedObject(key, 0n, object);
    throw error;
  }
  throw new StorageError("Exists", key, `${name} exists`);
}

async function nameTaken(resource: Resource, ctx: RequestContext, key: string, name: string): Promise<StatusError> {
  const error = alreadyExists(resource.ref, name);
  const existing = await statusErrors({ ref: resource.ref, name }, () =>
    resource.storage.get(key, { version: { kind: "any" }, signal: ctx.signal }),
  ).catch((cause: unknown) => {
    if (cause instanceof StatusError) return undefined;
    throw cause;
  });
  if (existing?.object.metadata?.deletionTimestamp === undefined) return error;
  return new StatusError({ ...error.status, message: `object is being deleted: ${error.status.message}` });
}

function noUniqueName(resource: Resource, name: string): StatusError {
  const { status } = alreadyExists(resource.ref, name);
  return failure({
    code: 409,
    reason: "AlreadyExists",
    message: `${status.message}, the server was not able to generate a unique name for the object`,
    details: { ...status.details, retryAfterSeconds: 1 },
  });
}

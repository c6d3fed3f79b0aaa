import type { Kind } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { SchemaModel } from "../../api/schema/schema-model.ts";
import { forbidden, type KindRef, type ResourceRef } from "../../api/status.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import type { Admission } from "../admission/admission.ts";
import type { Attributes, Decision } from "../auth/attributes.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Storage, WriteContext } from "../storage/storage.ts";
import type { BodySchema } from "./body-schema.ts";
import type { FieldManager } from "./managed-fields/field-manager.ts";
import { type ObjectView, viewOf } from "./object-view.ts";
import type { Random } from "./random.ts";
import type { Strategy } from "./strategy.ts";
import type { ZeroFields } from "./zero-fields.ts";

/** What the operations of every kind share. */
export interface OperationDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly admission: Admission;
  readonly schema: BodySchema;
  readonly schemaModel: SchemaModel;
  readonly zeroFields: ZeroFields;
  readonly fieldManager: FieldManager;
  /** For the rights that a request needs beyond its own verb. */
  authorize(ctx: RequestContext, attributes: Attributes): Decision;
}

/** One kind with all that its operations need. */
export interface Resource extends OperationDeps {
  readonly kind: Kind;
  readonly ref: ResourceRef;
  /** As validation errors name it: by the form it is stored in. */
  readonly kindRef: KindRef;
  readonly strategy: Strategy;
  readonly hasStatus: boolean;
  /** Where its objects lie in etcd, ending in `/`. */
  readonly prefix: string;
  readonly view: ObjectView;
  /** Throws 403 when the requester may not create what a PUT or apply finds missing. */
  authorizeCreate(ctx: RequestContext, name: string): void;
}

export interface ResourceOptions {
  readonly kind: Kind;
  readonly strategy: Strategy;
  readonly etcdPrefix: string;
}

/** @throws Error when the kind is not stored */
export function createResource(options: ResourceOptions, deps: OperationDeps): Resource {
  const { kind, strategy, etcdPrefix } = options;
  return {
    ...deps,
    kind,
    ref: { group: kind.group, resource: kind.plural },
    kindRef: { group: kind.storage?.as?.group ?? kind.group, kind: kind.kind },
    strategy,
    hasStatus: kind.subresources.some((subresource) => subresource.name === "status"),
    prefix: `${etcdPrefix}/${kind.storage?.prefix ?? kind.plural}/`,
    view: viewOf(kind),
    authorizeCreate: (ctx, name) => authorizeCreate(kind, deps, ctx, name),
  };
}

function authorizeCreate(kind: Kind, deps: OperationDeps, ctx: RequestContext, name: string): void {
  const { group, version, plural } = kind;
  const { namespace, path } = ctx.info;
  const attributes = {
    isResourceRequest: true,
    verb: "create",
    path,
    group,
    version,
    namespace,
    resource: plural,
    subresource: "",
    name,
  };
  const { allowed, reason } = deps.authorize(ctx, attributes);
  if (allowed) return;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const text = `User ${JSON.stringify(ctx.user.name)} cannot create resource "${plural}" in API group "${group}" ${where}`;
  throw forbidden({ group, resource: plural }, name, reason === "" ? text : `${text}: ${reason}`);
}

/** Fills in what the client left out and the kind's version always writes or has a default for, in place. */
export function complete({ kind, zeroFields }: Resource, object: AnyObject): void {
  zeroFields.fill(object, kind.schema);
  kind.defaults(object);
}

/** The etcd key of one object. */
export function storageKey(resource: Resource, namespace: string, name: string): string {
  return resource.kind.scope === "Namespaced" ? `${resource.prefix}${namespace}/${name}` : resource.prefix + name;
}

/** The prefix of a namespace's objects, or of all; ends in `/`. */
export function listPrefix(resource: Resource, namespace: string): string {
  return resource.kind.scope === "Namespaced" && namespace !== "" ? `${resource.prefix}${namespace}/` : resource.prefix;
}

/** The namespace that objects of this request lie in; empty for cluster-scoped kinds. */
export function objectNamespace(resource: Resource, ctx: RequestContext): string {
  return resource.kind.scope === "Namespaced" ? ctx.info.namespace : "";
}

/** What storage hands on to the recorder. */
export function writeContext(ctx: RequestContext): WriteContext {
  return { cause: { requestId: ctx.requestId }, signal: ctx.signal };
}

export type AnyObject = ApiObject & Record<string, unknown>;

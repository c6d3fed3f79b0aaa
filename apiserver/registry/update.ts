import { cloneJson } from "../../api/json.ts";
import { badRequest, StatusError } from "../../api/status.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { StoredObject } from "../storage/storage.ts";
import { checkBodyName } from "./check-body-name.ts";
import { createObject } from "./create.ts";
import { decodeBody } from "./decode-body.ts";
import { type AnyObject, objectNamespace, type Resource } from "./resource.ts";
import type { DecodedBody, WriteOptions } from "./store.ts";
import { MissingObject, uidMismatch, writeExisting } from "./write-existing.ts";

export interface WrittenObject {
  readonly stored: StoredObject;
  readonly created: boolean;
}

export interface UpdateTarget {
  readonly name: string;
  /** Empty for the object itself. */
  readonly subresource: string;
}

/** PUT of an object or of its status. @throws StatusError */
export async function update(
  resource: Resource,
  ctx: RequestContext,
  target: UpdateTarget,
  { body, options }: { body: DecodedBody; options: WriteOptions },
): Promise<WrittenObject> {
  const { kind, schema } = resource;
  const { name, subresource } = target;
  const object = await decodeBody(body, { kind, schema, ctx, fieldValidation: options.fieldValidation });
  checkName(resource, ctx, object, name);
  for (;;) {
    try {
      const stored = await writeExisting(
        resource,
        ctx,
        { name, subresource, verb: "update", next: () => cloneJson(object) },
        options,
      );
      return { stored, created: false };
    } catch (error) {
      if (!(error instanceof MissingObject)) throw error;
    }
    const created = await createInstead(resource, ctx, cloneJson(object), options);
    if (created !== undefined) return { stored: created, created: true };
  }
}

/** @returns undefined when someone else has created it meanwhile */
async function createInstead(
  resource: Resource,
  ctx: RequestContext,
  object: AnyObject,
  options: WriteOptions,
): Promise<StoredObject | undefined> {
  const meta = object.metadata ?? {};
  if (meta.uid) throw uidMismatch(resource, ctx, { name: meta.name ?? "", uid: meta.uid, actualUid: "" });
  resource.authorizeCreate(ctx, meta.name ?? "");
  delete meta.resourceVersion;
  try {
    return await createObject(resource, ctx, object, options);
  } catch (error) {
    if (error instanceof StatusError && error.reason === "AlreadyExists") return undefined;
    throw error;
  }
}

/** The body must be about the object that the URL names. */
function checkName(resource: Resource, ctx: RequestContext, object: AnyObject, name: string): void {
  const meta = object.metadata ?? {};
  object.metadata = meta;
  checkBodyName(object, name);
  const namespace = objectNamespace(resource, ctx);
  if (resource.kind.scope === "Cluster") {
    delete meta.namespace;
    return;
  }
  if (meta.namespace && meta.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  meta.namespace = namespace;
}

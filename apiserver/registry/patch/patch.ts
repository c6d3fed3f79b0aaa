import { cloneJson, isObject, type JsonObject } from "../../../api/json.ts";
import { badRequest, failure, invalid, type StatusError } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import type { Wording } from "../body-schema.ts";
import { checkBodyName } from "../check-body-name.ts";
import { duplicateField, mismatchText, unknownField } from "../decode-body.ts";
import { type AnyObject, objectNamespace, type Resource } from "../resource.ts";
import type { DecodedBody, PatchType, WriteOptions } from "../store.ts";
import type { UpdateTarget, WrittenObject } from "../update.ts";
import { writeExisting } from "../write-existing.ts";
import { applyJsonPatch, readJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { goValue } from "./strategic-directives.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

export interface PatchRequest {
  readonly type: PatchType;
  readonly body: DecodedBody;
  readonly force: boolean;
}

/** A patch ready to be applied again and again to newer objects. */
export interface Applier {
  /** @param object - a private copy of the current object; changed */
  apply(object: JsonObject): unknown;
  /** What the patch document itself has too much of. */
  readonly strictErrors: readonly string[];
  /** The patch in errors; absent: the object it made is shown. */
  readonly shown?: string;
  readonly wording: Wording;
  /** The copy must not share metadata.managedFields with the stored object. */
  readonly touchesManagedFields: boolean;
}

/** PATCH of an object or its status. @throws StatusError */
export async function patch(
  resource: Resource,
  ctx: RequestContext,
  target: UpdateTarget,
  { request, options }: { request: PatchRequest; options: WriteOptions },
): Promise<WrittenObject> {
  const applier = applierOf(resource, request);
  const { name, subresource } = target;
  const next = (current: Readonly<AnyObject>) => patched(resource, ctx, { current, applier, name, options });
  const stored = await writeExisting(resource, ctx, { name, subresource, verb: "patch", next }, options);
  return { stored, created: false };
}

/** @throws StatusError 400 for a document that is no patch of its type, 415 for a type that is not served */
export function applierOf(resource: Pick<Resource, "kind" | "schemaModel">, request: PatchRequest): Applier {
  const { value, duplicateFields } = request.body;
  const duplicates = duplicateFields.map(duplicateField);
  switch (request.type) {
    case "json": {
      const { operations, unknownFields } = readJsonPatch(value);
      return {
        apply: (object) => applyJsonPatch(object, operations),
        strictErrors: [...unknownFields.map((field) => `json patch ${unknownField(field)}`), ...duplicates],
        wording: "decoder",
        touchesManagedFields: operations.some(({ path, from }) => underMetadata(path) || underMetadata(from ?? "")),
      };
    }
    case "merge": {
      if (value === null) throw badRequest("Invalid JSON Patch");
      const document = patchDocument(value);
      const apply = (object: JsonObject) => applyMergePatch(object, cloneJson(document));
      return { apply, strictErrors: duplicates, wording: "decoder", touchesManagedFields: false };
    }
    case "strategic": {
      const document = value === null ? {} : patchDocument(value);
      const place = {
        model: resource.schemaModel,
        type: { kind: "object" as const, definition: resource.kind.schema },
      };
      const apply = (object: JsonObject) => applyStrategicMergePatch(object, cloneJson(document), place);
      const shown = goValue(document);
      return { apply, strictErrors: duplicates, shown, wording: "converter", touchesManagedFields: false };
    }
    case "apply":
      throw failure({
        code: 415,
        reason: "UnsupportedMediaType",
        message:
          "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
      });
  }
}

const underMetadata = (path: string) =>
  path === "" || path === "/metadata" || path.startsWith("/metadata/managedFields");

function patchDocument(value: unknown): JsonObject {
  if (isObject(value)) return value;
  const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  throw badRequest(`json: cannot unmarshal ${type} into Go value of type map[string]interface {}`);
}

interface PatchInput {
  readonly current: Readonly<AnyObject>;
  readonly applier: Applier;
  readonly name: string;
  readonly options: WriteOptions;
}

async function patched(resource: Resource, ctx: RequestContext, input: PatchInput): Promise<AnyObject> {
  const { kind, schema } = resource;
  const { current, applier, name, options } = input;
  const result = applier.apply(applier.touchesManagedFields ? cloneJson(current) : cloneForWrite(current));
  if (!isObject(result)) throw undecodable(input, "the patch leaves no object");
  const findings = await schema.check(kind, result, applier.wording);
  const [mismatch] = findings.mismatches;
  if (mismatch !== undefined) throw undecodable(input, mismatchText(mismatch, kind));
  const strict = [...applier.strictErrors, ...findings.unknownFields.map(unknownField)];
  if (strict.length > 0 && options.fieldValidation === "Strict") {
    throw undecodable(input, `strict decoding error: ${strict.join(", ")}`);
  }
  if (options.fieldValidation === "Warn") for (const text of strict) ctx.warn(text);
  const { kind: sentKind, apiVersion } = result;
  if (sentKind !== kind.kind || apiVersion !== kind.apiVersion) {
    const { group, version } = kind;
    const expected = `${group === "" ? "" : `${group}/`}${version}, Kind=${kind.kind}`;
    throw undecodable(input, `the object is no ${expected}`);
  }
  const object = { ...result, kind: kind.kind, apiVersion: kind.apiVersion } as AnyObject;
  checkIdentity(resource, ctx, { object, name });
  return object;
}

/** A private copy; managedFields, which no patch goes into, stay shared. */
function cloneForWrite(current: Readonly<AnyObject>): JsonObject {
  const managedFields = current.metadata?.managedFields;
  if (managedFields === undefined) return cloneJson(current) as JsonObject;
  const { metadata, ...rest } = current;
  const { managedFields: _shared, ...meta } = metadata ?? {};
  const copy = cloneJson({ kind: undefined, apiVersion: undefined, metadata: meta, ...rest }) as JsonObject;
  (copy["metadata"] as JsonObject)["managedFields"] = managedFields;
  return copy;
}

/** 422 about the patch, which is shown as Go prints it, or about what it made of the object before anything was judged. */
function undecodable({ applier, current }: PatchInput, detail: string): StatusError {
  const value = applier.shown ?? JSON.stringify(applier.apply(cloneJson(current) as JsonObject));
  return invalid({ group: "", kind: "" }, "", [{ type: "FieldValueInvalid", field: "patch", value, detail }]);
}

/** A patch may not make another object of it. */
function checkIdentity(
  resource: Resource,
  ctx: RequestContext,
  { object, name }: { object: AnyObject; name: string },
): void {
  checkBodyName(object, name);
  const namespace = objectNamespace(resource, ctx);
  if ((object.metadata?.namespace ?? "") !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}

import { isObject } from "../../api/json.ts";
import type { Kind } from "../../api/kind.ts";
import { kindByApiVersion } from "../../api/kinds.ts";
import { badRequest } from "../../api/status.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { BodySchema, SchemaFindings, TypeMismatch } from "./body-schema.ts";
import type { AnyObject } from "./resource.ts";
import type { DecodedBody, WriteOptions } from "./store.ts";

export interface BodyOptions {
  readonly kind: Kind;
  readonly schema: BodySchema;
  readonly ctx: RequestContext;
  readonly fieldValidation: WriteOptions["fieldValidation"];
}

/**
 * The body as an object of the kind: named so, of the right types, without fields that the kind does not have.
 * It is the caller's to change.
 * @throws StatusError 400
 */
export async function decodeBody(body: DecodedBody, options: BodyOptions): Promise<AnyObject> {
  const { kind } = options;
  const { value } = body;
  if (!isObject(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ` +
        `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  checkGroupVersionKind(value, kind);
  const checked = options.schema.check(kind, value);
  const findings = checked instanceof Promise ? await checked : checked;
  refuseMismatches(findings, kind);
  // Of a field that nobody knows it does not matter how often it stands there.
  const duplicates = body.duplicateFields.filter((field) => !findings.unknownFields.includes(field));
  reportStrict([...findings.unknownFields.map(unknownField), ...duplicates.map(duplicateField)], options);
  return { ...value, kind: kind.kind, apiVersion: kind.apiVersion };
}

function checkGroupVersionKind(value: Record<string, unknown>, kind: Kind): void {
  const given = { kind: value["kind"] ?? "", apiVersion: value["apiVersion"] ?? "" };
  if (typeof given.kind !== "string" || typeof given.apiVersion !== "string") {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeName(typeof given.kind === "string" ? given.apiVersion : given.kind)} into Go struct field .${typeof given.kind === "string" ? "apiVersion" : "kind"} of type string`,
    );
  }
  if (given.apiVersion !== "" && given.apiVersion !== kind.apiVersion) {
    throw notRegistered(given.kind === "" ? kind.kind : given.kind, given.apiVersion, kind);
  }
  if (given.kind !== "" && given.kind !== kind.kind) {
    if (kindByApiVersion(kind.apiVersion, given.kind) === undefined)
      throw notRegistered(given.kind, kind.apiVersion, kind);
    throw badRequest(
      `${given.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: converting (${kind.version}.${given.kind}) to (${kind.group === "" ? "core" : kind.group}.${kind.kind}): unknown conversion`,
    );
  }
}

function notRegistered(given: string, apiVersion: string, { kind, version }: Kind) {
  return badRequest(
    `${given} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: no kind ${JSON.stringify(given)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

function refuseMismatches(findings: SchemaFindings, kind: Kind): void {
  const [first] = findings.mismatches;
  if (first === undefined) return;
  throw badRequest(
    `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${mismatchText(first, kind)}`,
  );
}

/** `json: cannot unmarshal string into Go struct field Pod.spec.containers of type array`. */
export function mismatchText(mismatch: TypeMismatch, kind: Kind): string {
  if (mismatch.message !== undefined) return mismatch.message;
  const field = mismatch.field.replaceAll(/\[\d+\]/g, "");
  return `json: cannot unmarshal ${jsonTypeName(mismatch.value)} into Go struct field ${kind.kind}.${field} of type ${mismatch.expected}`;
}

export const unknownField = (field: string) => `unknown field ${JSON.stringify(field)}`;
export const duplicateField = (field: string) =>
  field.includes(" ") ? field : `duplicate field ${JSON.stringify(field)}`;

function reportStrict(texts: readonly string[], options: BodyOptions): void {
  if (texts.length === 0 || options.fieldValidation === "Ignore") return;
  const { kind } = options;
  if (options.fieldValidation === "Strict") {
    throw badRequest(
      `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: strict decoding error: ${texts.join(", ")}`,
    );
  }
  for (const text of texts) options.ctx.warn(text);
}

/** What Go's JSON decoder calls a value. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

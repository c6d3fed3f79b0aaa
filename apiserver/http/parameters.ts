import type { FieldError } from "../../api/field-errors.ts";
import { forbiddenField, invalidValue, notSupported, required, tooLong } from "../../api/field-errors.ts";
import { badRequest, invalid } from "../../api/status.ts";
import { type PatchType, plainRead, type ReadParameters, type WriteOptions } from "../registry/store.ts";
import { truthy } from "./request-info.ts";

/** @throws StatusError 400 for what is not a 64-bit integer */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ""));
  if (BigInt.asIntN(64, value) !== value) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(value);
}

/** The parameters of get, list and watch. @throws StatusError 400 */
export function readParameters(query: URLSearchParams): ReadParameters {
  if (query.size === 0) return plainRead;
  const sendInitialEvents = query.get("sendInitialEvents");
  return {
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    limit: Math.max(integerParameter(query, "limit") ?? 0, 0),
    continue: query.get("continue") ?? "",
    allowWatchBookmarks: truthy(query.get("allowWatchBookmarks")),
    sendInitialEvents: sendInitialEvents === null ? undefined : truthy(sendInitialEvents),
    timeoutSeconds: integerParameter(query, "timeoutSeconds"),
  };
}

/** Refuses the parameter that old clients sent. @throws StatusError 400 */
export function refuseExport(query: URLSearchParams): void {
  if (query.size > 0 && truthy(query.get("export"))) {
    throw badRequest("the export parameter, deprecated since v1.14, is no longer supported");
  }
}

const defaultWriteOptions: WriteOptions = Object.freeze({ dryRun: false, fieldManager: "", fieldValidation: "Warn" });

/** Options of create and update. @throws StatusError 400, 422 */
export function writeOptions(query: URLSearchParams, kind: "CreateOptions" | "UpdateOptions"): WriteOptions {
  if (query.size === 0) return defaultWriteOptions;
  const errors: FieldError[] = [];
  const options = sharedOptions(query, errors);
  refuse(kind, errors);
  return options;
}

/** Options of patch. @throws StatusError 422 */
export function patchOptions(query: URLSearchParams, type: PatchType): { options: WriteOptions; force: boolean } {
  const errors: FieldError[] = [];
  if (type === "apply") {
    if ((query.get("fieldManager") ?? "") === "") errors.push(required("fieldManager", "is required for apply patch"));
  } else if (query.has("force")) {
    errors.push(forbiddenField("force", "may not be specified for non-apply patch"));
  }
  const options = sharedOptions(query, errors);
  refuse("PatchOptions", errors);
  return { options, force: truthy(query.get("force")) };
}

function sharedOptions(query: URLSearchParams, errors: FieldError[]): WriteOptions {
  const fieldManager = query.get("fieldManager") ?? "";
  if (Buffer.byteLength(fieldManager) > 128) errors.push(tooLong("fieldManager", 128));
  else if (!/^\P{C}*$/u.test(fieldManager)) {
    errors.push(invalidValue("fieldManager", fieldManager, "should only contain printable characters"));
  }
  const dryRun = dryRunParameter(query.getAll("dryRun"), errors);
  const fieldValidation = query.get("fieldValidation") ?? "";
  if (fieldValidation === "" || fieldValidation === "Warn") return { dryRun, fieldManager, fieldValidation: "Warn" };
  if (fieldValidation === "Strict" || fieldValidation === "Ignore") return { dryRun, fieldManager, fieldValidation };
  errors.push(notSupported("fieldValidation", fieldValidation, ["", "Ignore", "Strict", "Warn"]));
  return { dryRun, fieldManager, fieldValidation: "Warn" };
}

export function dryRunParameter(values: readonly string[], errors: FieldError[]): boolean {
  if (values.some((value) => value !== "All")) errors.push(notSupported("dryRun", values, ["All"]));
  return values.length > 0;
}

export function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", errors);
}

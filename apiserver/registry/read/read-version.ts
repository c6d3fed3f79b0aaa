import type { FieldError } from "../../../api/field-errors.ts";
import { forbiddenField, notSupported } from "../../../api/field-errors.ts";
import { badRequest, invalid } from "../../../api/status.ts";
import type { ListOptions, ReadVersion } from "../../storage/storage.ts";
import type { ReadParameters } from "../store.ts";

/** @throws StatusError 400 */
export function revisionOf(text: string, describe: (text: string) => string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw badRequest(describe(text));
  return BigInt(text);
}

const goParseError = (text: string) =>
  `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;

const readError = (text: string) => `resourceVersion: ${goParseError(text)}`;

/** How new the answer to a GET must be. @throws StatusError 400 */
export function getVersion(read: ReadParameters): ReadVersion {
  return plainVersion(read.resourceVersion, readError);
}

function plainVersion(text: string, describe: (text: string) => string): ReadVersion {
  if (text === "") return { kind: "consistent" };
  const revision = revisionOf(text, describe);
  return revision === 0n ? { kind: "any" } : { kind: "notOlderThan", revision };
}

/** How new the answer to a LIST without continue token must be; `ignoreLimit` where memory answers in one page. */
export function listVersion(read: ReadParameters): { version: ListOptions["version"]; ignoreLimit: boolean } {
  refuseListParameters(read);
  const describe = (text: string) => `invalid resource version: ${readError(text)}`;
  const version = plainVersion(read.resourceVersion, describe);
  const exact =
    version.kind === "notOlderThan" &&
    (read.resourceVersionMatch === "Exact" || (read.resourceVersionMatch === "" && read.limit > 0));
  if (exact) return { version: { kind: "exact", revision: version.revision }, ignoreLimit: false };
  return { version, ignoreLimit: version.kind === "any" };
}

function refuseListParameters(read: ReadParameters): void {
  const { resourceVersion, resourceVersionMatch, sendInitialEvents } = read;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined) {
    errors.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  if (resourceVersionMatch !== "") {
    if (resourceVersion === "") {
      errors.push(
        forbiddenField("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"),
      );
    }
    if (read.continue !== "") {
      errors.push(
        forbiddenField("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"),
      );
    }
    errors.push(...unknownMatch(resourceVersionMatch));
    if (resourceVersionMatch === "Exact" && resourceVersion === "0") {
      errors.push(
        forbiddenField("resourceVersionMatch", `resourceVersionMatch "exact" is forbidden for resourceVersion "0"`),
      );
    }
  }
  refuse(errors);
}

function unknownMatch(match: string): FieldError[] {
  if (match === "Exact" || match === "NotOlderThan") return [];
  const supported = `supported values: "Exact", "NotOlderThan", ""`;
  return [{ ...notSupported("resourceVersionMatch", match, []), detail: supported }];
}

/** @throws StatusError 422 */
export function refuseWatchParameters(read: ReadParameters): void {
  const { resourceVersionMatch: match, sendInitialEvents } = read;
  const errors: FieldError[] = [];
  const forbid = (text: string) => errors.push(forbiddenField("resourceVersionMatch", text));
  if (sendInitialEvents === undefined && match !== "") {
    forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (match !== "" && match !== "NotOlderThan") {
    errors.push(notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
  }
  if (read.continue !== "" && (match !== "" || impliesMatch(read))) {
    forbid("resourceVersionMatch is forbidden when continue is provided");
  }
  refuse(errors);
}

/**
 * A watch without resourceVersion, or from "0" on, begins with the state, as if it had asked for initial events not older
 * than that. @see k8s.io/apiserver v0.36.0 pkg/apis/meta/internalversion/defaults.go
 */
const impliesMatch = ({ resourceVersion, sendInitialEvents }: ReadParameters) =>
  sendInitialEvents === undefined && (resourceVersion === "" || resourceVersion === "0");

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
}

/** Where a WATCH begins. @throws StatusError 400 */
export function watchVersion(read: ReadParameters): ReadVersion {
  return plainVersion(read.resourceVersion, readError);
}

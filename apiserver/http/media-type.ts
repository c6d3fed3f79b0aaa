import { failure } from "../../api/status.ts";
import type { PatchType } from "../registry/store.ts";

export type BodyFormat = "json" | "yaml" | "protobuf";

const formats: Readonly<Record<string, BodyFormat>> = {
  "": "json",
  "application/json": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
};

const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

const essence = (contentType: string | undefined) => (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** What a POST, PUT or DELETE body is written in; JSON if the client does not say. @throws StatusError 415 */
export function bodyFormat(contentType: string | undefined): BodyFormat {
  const format = formats[essence(contentType)];
  if (format === undefined) {
    throw unknownFormat(["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]);
  }
  return format;
}

/**
 * The type of a PATCH, which must be said. A list that names a known type gets the known ones listed.
 * @throws StatusError 415
 */
export function patchType(contentType: string | undefined): PatchType {
  const type = essence(contentType);
  const known = patchTypes[type];
  if (known !== undefined) return known;
  if (type.split(",").some((part) => part.trim() in patchTypes)) throw unknownFormat(Object.keys(patchTypes));
  throw failure({
    code: 415,
    reason: "UnsupportedMediaType",
    message: "415: Unsupported Media Type",
    details: {},
  });
}

function unknownFormat(types: readonly string[]) {
  return failure({
    code: 415,
    reason: "UnsupportedMediaType",
    message: `the body of the request was in an unknown format - accepted media types include: ${types.join(", ")}`,
  });
}

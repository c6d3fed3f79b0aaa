import type { ApiObject } from "../../../api/meta.ts";

/** `{"kind":"PartialObjectMetadata",…}` of an object, as JSON. */
export function partialMetadataJson(object: ApiObject): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(object.metadata ?? {})}}`;
}

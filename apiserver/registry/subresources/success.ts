import type { Status } from "../../../api/status.ts";
import type { SubresourceAnswer } from "../store.ts";

/** 201 and a bare Success, as binding and eviction answer. */
export function created(): SubresourceAnswer {
  const object: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return { kind: "object", object, code: 201 };
}

import type { RequestInfo } from "../http/request-context.ts";

/** What authorization is asked about. */
export type Attributes = Pick<
  RequestInfo,
  "isResourceRequest" | "verb" | "path" | "group" | "version" | "namespace" | "resource" | "subresource" | "name"
>;

export interface Decision {
  readonly allowed: boolean;
  /** Why; for a denial it is appended to the message that the user gets, empty if there is nothing to add. */
  readonly reason: string;
}

/** `pods`, `pods/log`: how RBAC rules name what is asked for. */
export function resourceName(attributes: Attributes): string {
  return attributes.subresource === "" ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
}

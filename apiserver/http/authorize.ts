import { failure, forbidden, type StatusError } from "../../api/status.ts";
import type { RequestInfo, UserInfo } from "./request-context.ts";

export type Attributes = Pick<
  RequestInfo,
  "isResourceRequest" | "verb" | "path" | "group" | "version" | "namespace" | "resource" | "subresource" | "name"
>;

/** Decides from memory. */
export interface Authorizer {
  authorize(user: UserInfo, attributes: Attributes): { readonly allowed: boolean; readonly reason: string };
}

/** @throws StatusError 403 */
export function authorize(authorizer: Authorizer, user: UserInfo, attributes: Attributes): void {
  const decision = authorizer.authorize(user, attributes);
  if (!decision.allowed) throw denied(user, attributes, decision.reason);
}

/**
 * A WebSocket begins with a GET and lets its client do what a POST would.
 * @throws StatusError 403
 * @see k8s.io/kubernetes v1.36.0 pkg/registry/core/pod/rest/subresources.go AuthorizePodWebsocketUpgradeCreatePermission
 */
export function authorizeUpgrade(authorizer: Authorizer, user: UserInfo, attributes: Attributes): void {
  if (attributes.verb !== "get") return;
  const { allowed, reason } = authorizer.authorize(user, { ...attributes, verb: "create" });
  if (!allowed) throw forbidden(attributes, attributes.name, reason);
}

function denied(user: UserInfo, attributes: Attributes, reason: string): StatusError {
  const who = `User ${quoted(user.name)} cannot ${attributes.verb}`;
  const because = reason === "" ? "" : `: ${reason}`;
  if (!attributes.isResourceRequest) {
    return failure({
      code: 403,
      reason: "Forbidden",
      message: `forbidden: ${who} path ${quoted(attributes.path)}${because}`,
      details: {},
    });
  }
  const { group, resource, subresource, namespace, name } = attributes;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${quoted(namespace)}`;
  const text = `${who} resource ${quoted(what)} in API group ${quoted(group)} ${where}${because}`;
  return forbidden({ group, resource }, name, text);
}

/** Quoted, with what HTML could take for markup escaped. */
const quoted = (text: string) =>
  JSON.stringify(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

import type { IncomingMessage } from "node:http";
import { badRequest } from "../../api/status.ts";
import { type Attributes, type Authorizer, authorize } from "./authorize.ts";
import type { UserInfo } from "./request-context.ts";

const extraPrefix = "impersonate-extra-";
const anonymousName = "system:anonymous";
const authenticatedGroup = "system:authenticated";
const unauthenticatedGroup = "system:unauthenticated";

/**
 * The user that the request wants to act as, or `user` where it does not say; each value is authorized for `user`.
 * @throws StatusError 400, 403
 * @see https://github.com/kubernetes/apiserver/blob/v0.36.0/pkg/endpoints/filters/impersonation
 */
export function impersonate(request: IncomingMessage, user: UserInfo, authorizer: Authorizer): UserInfo {
  const { headers } = request;
  const name = headers["impersonate-user"];
  // Almost every request ends here, having looked at one header, provided that the others are absent too.
  if (name === undefined && !hasOtherHeaders(headers)) return user;
  const groups = request.headersDistinct["impersonate-group"] ?? [];
  const uid = headers["impersonate-uid"];
  const extra = extraOf(request);
  if (typeof name !== "string" || name === "") {
    const asked = JSON.stringify({ groups, uid: uid ?? "", extra });
    throw badRequest(`requested ${asked} without impersonating a user`);
  }
  const may = (attributes: Partial<Attributes>) =>
    authorize(authorizer, user, { ...impersonation, ...attributes } satisfies Attributes);
  const account = serviceAccountOf(name);
  if (account === undefined) may({ resource: "users", name });
  else may({ resource: "serviceaccounts", ...account });
  for (const group of groups) may({ resource: "groups", name: group });
  if (typeof uid === "string") may({ group: "authentication.k8s.io", version: "v1", resource: "uids", name: uid });
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) {
      may({ group: "authentication.k8s.io", version: "v1", resource: "userextras", subresource: key, name: value });
    }
  }
  const allGroups = groupsOf({ name, groups, namespace: account?.namespace });
  return { name, groups: allGroups, extra, ...(typeof uid === "string" && { uid }) };
}

const impersonation: Attributes = {
  isResourceRequest: true,
  verb: "impersonate",
  path: "",
  group: "",
  version: "v1",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
};

function hasOtherHeaders(headers: IncomingMessage["headers"]): boolean {
  if (headers["impersonate-group"] !== undefined || headers["impersonate-uid"] !== undefined) return true;
  for (const key in headers) if (key.startsWith(extraPrefix)) return true;
  return false;
}

function extraOf(request: IncomingMessage): Record<string, string[]> {
  const extra: Record<string, string[]> = Object.create(null);
  for (const [header, values] of Object.entries(request.headersDistinct)) {
    if (!header.startsWith(extraPrefix) || values === undefined) continue;
    extra[decodeKey(header.slice(extraPrefix.length))] = values;
  }
  return extra;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch (error) {
    if (error instanceof URIError) return key;
    throw error;
  }
}

function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  return match === null ? undefined : { namespace: match[1] ?? "", name: match[2] ?? "" };
}

function groupsOf(user: { name: string; groups: readonly string[]; namespace: string | undefined }): string[] {
  const groups = [...user.groups];
  if (groups.length === 0 && user.namespace !== undefined) {
    groups.push("system:serviceaccounts", `system:serviceaccounts:${user.namespace}`);
  }
  const said = groups.includes(authenticatedGroup) || groups.includes(unauthenticatedGroup);
  if (!said) groups.push(user.name === anonymousName ? unauthenticatedGroup : authenticatedGroup);
  return groups;
}

import type { UserInfo } from "../http/request-context.ts";
import type { Attributes, Decision } from "./attributes.ts";
import type { Rbac } from "./rbac.ts";

/** Decides from memory, without waiting. */
export interface Authorizer {
  authorize(user: UserInfo, attributes: Attributes): Decision;
}

/** Members of this group may do everything, whatever RBAC says, so that a broken policy can be mended. */
export const privilegedGroup = "system:masters";

/** The privileged group first, then RBAC; what neither allows is denied. */
export function createAuthorizer(rbac: Rbac): Authorizer {
  return {
    authorize(user, attributes) {
      if (user.groups.includes(privilegedGroup)) return { allowed: true, reason: "" };
      return rbac.authorize(user, attributes);
    },
  };
}

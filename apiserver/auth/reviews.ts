import type { UserInfo } from "../http/request-context.ts";
import type { Attributes, Decision } from "./attributes.ts";
import { type Authorizer, privilegedGroup } from "./authorizer.ts";
import type { PolicyRule } from "./bootstrap/policy.ts";
import { compactRule, uncoveredRules } from "./escalation.ts";
import type { Rbac } from "./rbac.ts";
import type { ServiceAccountTokens, TokenVerdict } from "./service-account-tokens.ts";

/** status of a SelfSubjectRulesReview. */
export interface RulesReview {
  readonly resourceRules: readonly PolicyRule[];
  readonly nonResourceRules: readonly PolicyRule[];
  readonly incomplete: boolean;
  readonly evaluationError: string;
}

/** What the review kinds and the writes of RBAC objects ask of authentication and authorization. */
export interface ReviewBackend {
  authorize(user: UserInfo, attributes: Attributes): Decision;
  rulesFor(user: UserInfo, namespace: string): RulesReview;
  authenticateToken(
    token: string,
    options: { audiences?: readonly string[]; signal: AbortSignal },
  ): Promise<TokenVerdict>;
}

export function createReviewBackend(deps: {
  authorizer: Authorizer;
  rbac: Rbac;
  tokens: ServiceAccountTokens;
}): ReviewBackend {
  return {
    authorize: (user, attributes) => deps.authorizer.authorize(user, attributes),
    authenticateToken: (token, options) => deps.tokens.verify(token, options),
    rulesFor(user, namespace) {
      const { rules, error } = deps.rbac.rulesFor(user, namespace);
      const all = rules.map((effective) => effective.rule);
      return {
        resourceRules: all.filter((rule) => rule.resources !== undefined && rule.resources.length > 0),
        nonResourceRules: all.filter((rule) => rule.nonResourceURLs !== undefined && rule.nonResourceURLs.length > 0),
        incomplete: false,
        evaluationError: error,
      };
    },
  };
}

/** Keeps users from granting what they do not hold. */
export interface EscalationCheck {
  /**
   * What writing a role with these rules would be refused with; undefined: the user may.
   * @param namespace - of the Role; `""` for a ClusterRole
   */
  role(user: UserInfo, rules: readonly PolicyRule[], role: { namespace: string; name: string }): string | undefined;
  /** The same for a binding to that role. */
  binding(user: UserInfo, roleRef: { kind: string; name: string }, binding: { namespace: string }): string | undefined;
}

/** @see kubernetes v1.36.3 pkg/registry/rbac/role/policybased/storage.go, pkg/registry/rbac/validation/rule.go */
export function createEscalationCheck(deps: { authorizer: Authorizer; rbac: Rbac }): EscalationCheck {
  const permitted = (user: UserInfo, verb: string, resource: string, at: { namespace: string; name: string }) =>
    deps.authorizer.authorize(user, {
      isResourceRequest: true,
      verb,
      path: "",
      group: "rbac.authorization.k8s.io",
      version: "v1",
      resource,
      subresource: "",
      ...at,
    }).allowed;
  const refusal = (user: UserInfo, rules: readonly PolicyRule[], namespace: string) => {
    const held = deps.rbac.rulesFor(user, namespace).rules.map((effective) => effective.rule);
    const missing = uncoveredRules(held, rules);
    if (missing.length === 0) return undefined;
    const groups = user.groups.map((group) => JSON.stringify(group)).join(" ");
    const who = `user "${user.name}" (groups=[${groups}])`;
    return `${who} is attempting to grant RBAC permissions not currently held:\n${missing.map(compactRule).join("\n")}`;
  };
  return {
    role(user, rules, role) {
      if (user.groups.includes(privilegedGroup)) return undefined;
      const resource = role.namespace === "" ? "clusterroles" : "roles";
      return permitted(user, "escalate", resource, role) ? undefined : refusal(user, rules, role.namespace);
    },
    binding(user, roleRef, { namespace }) {
      if (user.groups.includes(privilegedGroup)) return undefined;
      const cluster = roleRef.kind === "ClusterRole";
      const at = { namespace: cluster ? "" : namespace, name: roleRef.name };
      const resource = cluster ? "clusterroles" : "roles";
      if (permitted(user, "bind", resource, { ...at, namespace })) return undefined;
      const rules = deps.rbac.roleRules(roleRef, namespace);
      if (rules === undefined) return `${resource.slice(0, -1)}.rbac.authorization.k8s.io "${roleRef.name}" not found`;
      return refusal(user, rules, namespace);
    },
  };
}

import { type Attributes, resourceName } from "./attributes.ts";
import type { PolicyRule } from "./bootstrap/policy.ts";

/**
 * Whether one rule allows one request.
 * @see kubernetes v1.36.3 pkg/apis/rbac/v1/evaluation_helpers.go
 */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includes(rule.verbs, attributes.verb)) return false;
  return attributes.isResourceRequest
    ? includes(rule.apiGroups, attributes.group) && resourceMatches(rule, attributes) && nameMatches(rule, attributes)
    : urlMatches(rule, attributes.path);
}

/** `*` or the value itself. */
export function includes(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes("*"));
}

function resourceMatches(rule: PolicyRule, attributes: Attributes): boolean {
  if (includes(rule.resources, resourceName(attributes))) return true;
  return attributes.subresource !== "" && rule.resources?.includes(`*/${attributes.subresource}`) === true;
}

function nameMatches(rule: PolicyRule, attributes: Attributes): boolean {
  const names = rule.resourceNames;
  return names === undefined || names.length === 0 || names.includes(attributes.name);
}

function urlMatches(rule: PolicyRule, path: string): boolean {
  return (
    rule.nonResourceURLs?.some(
      (pattern) =>
        pattern === "*" || pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1))),
    ) === true
  );
}

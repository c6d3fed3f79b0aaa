import type { PolicyRule } from "./bootstrap/policy.ts";
import { includes } from "./rule-match.ts";

/**
 * The rules of `wanted` that `held` does not cover: what a user would gain by writing a role or binding.
 * @see kubernetes v1.36.3 staging/src/k8s.io/component-helpers/auth/rbac/validation/policy_comparator.go
 */
export function uncoveredRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(atoms).filter((atom) => !held.some((rule) => covers(rule, atom)));
}

/** A rule as many rules of one verb, one group, one resource, one name or one path each. */
function atoms(rule: PolicyRule): PolicyRule[] {
  const paths = (rule.nonResourceURLs ?? []).flatMap((path) =>
    rule.verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [path] })),
  );
  const names = rule.resourceNames?.length ? rule.resourceNames.map((name) => [name]) : [undefined];
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) =>
        names.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name !== undefined && { resourceNames: name }),
        })),
      ),
    ),
  );
  return [...resources, ...paths];
}

function covers(rule: PolicyRule, atom: PolicyRule): boolean {
  if (!atom.verbs.every((verb) => includes(rule.verbs, verb))) return false;
  if (atom.nonResourceURLs !== undefined) return atom.nonResourceURLs.every((path) => coversPath(rule, path));
  return (
    (atom.apiGroups ?? []).every((group) => includes(rule.apiGroups, group)) &&
    (atom.resources ?? []).every((resource) => coversResource(rule, resource)) &&
    (!rule.resourceNames?.length || (atom.resourceNames ?? [""]).every((name) => rule.resourceNames?.includes(name)))
  );
}

function coversResource(rule: PolicyRule, resource: string): boolean {
  if (includes(rule.resources, resource)) return true;
  const slash = resource.indexOf("/");
  return slash > 0 && rule.resources?.includes(`*${resource.slice(slash)}`) === true;
}

function coversPath(rule: PolicyRule, path: string): boolean {
  return (
    rule.nonResourceURLs?.some(
      (pattern) => pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1))),
    ) === true
  );
}

/** `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`, as the refusal shows a rule. */
export function compactRule(rule: PolicyRule): string {
  const list = (values: readonly string[]) => `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
  const parts: string[] = [];
  if (rule.nonResourceURLs !== undefined) parts.push(`NonResourceURLs:${list(rule.nonResourceURLs)}`);
  if (rule.apiGroups !== undefined) parts.push(`APIGroups:${list(rule.apiGroups)}`);
  if (rule.resources !== undefined) parts.push(`Resources:${list(rule.resources)}`);
  if (rule.resourceNames !== undefined) parts.push(`ResourceNames:${list(rule.resourceNames)}`);
  parts.push(`Verbs:${list(rule.verbs)}`);
  return `{${parts.join(", ")}}`;
}

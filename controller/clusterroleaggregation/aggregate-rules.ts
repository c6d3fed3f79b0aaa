import type { ClusterRole, PolicyRule } from "../../api/generated/types.ts";
import { labelSelectorMatches } from "../../api/label-selector.ts";
import { nameOf } from "../../api/meta.ts";

/** The rules of all roles that an aggregated role selects, in the order of their names, each once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const selected = all
    .filter((other) => nameOf(other) !== nameOf(role))
    .filter((other) => selectors.some((selector) => labelSelectorMatches(selector, other.metadata?.labels)))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const rule of selected.flatMap((other) => other.rules ?? [])) rules.set(JSON.stringify(rule), rule);
  return [...rules.values()];
}

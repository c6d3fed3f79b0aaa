import type { LabelSelector } from "./generated/types.ts";

type Labels = Readonly<Record<string, string>>;

/** True for a selector without any requirement: it would select everything. */
export function selectsEverything(selector: Readonly<LabelSelector> | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
}

/** Whether labels satisfy all requirements of a selector. */
export function labelSelectorMatches(selector: Readonly<LabelSelector>, labels: Labels = {}): boolean {
  return (
    labelsContain(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every((requirement) => meetsRequirement(requirement, labels))
  );
}

/** Whether `labels` has every pair of `wanted`: the plain selectors of Services. */
export function labelsContain(wanted: Labels, labels: Labels = {}): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}

/** One line of `matchExpressions`. An operator that nobody knows is never met. */
export function meetsRequirement(
  { key, operator, values = [] }: { readonly key: string; readonly operator: string; readonly values?: string[] },
  labels: Labels,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

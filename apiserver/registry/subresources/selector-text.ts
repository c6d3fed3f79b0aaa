import type { LabelSelector } from "../../../api/generated/types.ts";

/** A LabelSelector in the form that queries use: `app=web,tier in (a,b),!old`. */
export function selectorText(selector: Readonly<LabelSelector> | undefined): string {
  const labels = selector?.matchLabels ?? {};
  const terms: [string, string][] = Object.entries(labels).map(([key, value]) => [key, `${key}=${value}`]);
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    terms.push([key, expressionText(key, operator, [...(values ?? [])].sort())]);
  }
  return terms
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(",");
}

function expressionText(key: string, operator: string, values: readonly string[]): string {
  switch (operator) {
    case "In":
      return `${key} in (${values.join(",")})`;
    case "NotIn":
      return `${key} notin (${values.join(",")})`;
    case "Exists":
      return key;
    default:
      return `!${key}`;
  }
}

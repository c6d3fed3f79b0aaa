import type { NodeSelectorRequirement, NodeSelectorTerm, Pod } from "./generated/types.ts";
import { meetsRequirement } from "./label-selector.ts";

/** What node selectors look at. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether `nodeSelector` and the required node affinity select the node. */
export function matchesRequired(pod: Readonly<Pod>, node: SelectableNode): boolean {
  const { nodeSelector, affinity } = pod.spec ?? {};
  if (nodeSelector !== undefined) {
    for (const key in nodeSelector) if (node.labels[key] !== nodeSelector[key]) return false;
  }
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || matchesAnyTerm(terms, node);
}

/** Whether any term matches: terms are alternatives, and within one all has to hold. A term without content matches nothing. */
function matchesAnyTerm(terms: readonly NodeSelectorTerm[], node: SelectableNode): boolean {
  return terms.some((term) => matchesTerm(term, node));
}

/** @see k8s.io/component-helpers v0.36.0 scheduling/corev1/nodeaffinity/nodeaffinity.go */
export function matchesTerm(term: NodeSelectorTerm, node: SelectableNode): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => matches(requirement, node.labels)) &&
    matchFields.every((requirement) => matches(requirement, { "metadata.name": node.name }))
  );
}

/** Beside the operators of label selectors, nodes can be compared by number. */
function matches(requirement: NodeSelectorRequirement, labels: Readonly<Record<string, string>>): boolean {
  const { key, operator, values } = requirement;
  if (operator !== "Gt" && operator !== "Lt") return meetsRequirement(requirement, labels);
  const value = labels[key];
  const bound = values?.[0];
  if (value === undefined || bound === undefined || !isInteger(value) || !isInteger(bound)) return false;
  return operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

const isInteger = (text: string) => /^-?\d+$/.test(text);

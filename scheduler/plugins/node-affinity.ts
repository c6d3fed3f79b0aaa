import type { NodeSelectorTerm } from "../../api/generated/types.ts";
import { matchesRequired, matchesTerm, type SelectableNode } from "../../api/node-selector.ts";
import { change } from "../cluster-event.ts";
import { type Plugin, skip } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";
import { rejection } from "../rejection.ts";
import { normalize } from "./normalize.ts";

const name = "NodeAffinity";
const mismatch = rejection(name, "UnschedulableAndUnresolvable", "node(s) didn't match Pod's node affinity/selector");
const contradiction = rejection(name, "UnschedulableAndUnresolvable", "pod affinity terms conflict");

/** Turns down nodes that `nodeSelector` or the required node affinity does not select; likes those that it prefers. */
export const nodeAffinity: Plugin = {
  name,
  requeueOn: [
    {
      resource: "Node",
      changes: change.add | change.nodeLabel,
      isWorthRetrying: (pod, event) => {
        if (event.resource !== "Node" || event.current === undefined) return true;
        const { metadata } = event.current;
        return matchesRequired(pod.pod, { name: metadata?.name ?? "", labels: metadata?.labels ?? {} });
      },
    },
  ],
  preFilter(pod, nodes) {
    const selector = pod.pod.spec?.nodeSelector;
    const terms = requiredTerms(pod);
    if (terms === undefined && (selector === undefined || Object.keys(selector).length === 0)) return skip;
    const filter = (node: number) => (matchesRequired(pod.pod, selectable(nodes, node)) ? undefined : mismatch);
    const names = terms === undefined ? undefined : namesPinned(terms);
    if (names === undefined) return { kind: "filter", filter: { filter } };
    if (names.size === 0) return { kind: "reject", rejection: contradiction };
    return { kind: "filter", filter: { filter }, nodeNames: [...names] };
  },
  preScore(pod, nodes) {
    const preferred = pod.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = preferred.filter((term) => term.weight !== 0);
    if (terms.length === 0) return skip;
    const score = (node: number) => {
      let sum = 0;
      for (const { weight, preference } of terms) if (matchesTerm(preference, selectable(nodes, node))) sum += weight;
      return sum;
    };
    return { kind: "score", scorer: { score, normalize } };
  },
};

const selectable = (nodes: NodeTable, node: number): SelectableNode => nodes.row(node);

const requiredTerms = (pod: PodInfo): readonly NodeSelectorTerm[] | undefined =>
  pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

/** The node names that the terms allow, when every one of them names some; a term that contradicts itself allows none. */
function namesPinned(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  const all = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let names: Set<string> | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== "metadata.name" || operator !== "In") continue;
      const pinned: readonly string[] = values;
      names = new Set(names === undefined ? pinned : pinned.filter((value) => names?.has(value)));
    }
    if (names === undefined) return undefined;
    for (const value of names) all.add(value);
  }
  return all;
}

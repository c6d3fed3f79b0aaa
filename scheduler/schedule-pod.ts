import type { Diagnosis } from "./diagnosis.ts";
import { numFeasibleNodesToFind } from "./feasible-nodes.ts";
import type { NodeFilter } from "./framework.ts";
import type { NodeTable } from "./node-table.ts";
import type { Nominator } from "./nominator.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Framework } from "./profile.ts";
import type { Rejection } from "./rejection.ts";

/** The scores of one plugin, 0 to 100 before its weight, in the order of {@link Scoring.nodes}. */
export interface PluginScores {
  readonly plugin: string;
  readonly weight: number;
  readonly scores: Uint8Array;
}

/** How the node was chosen among the feasible ones. */
export interface Scoring {
  readonly nodes: Int32Array;
  readonly byPlugin: readonly PluginScores[];
}

export type Decision =
  | {
      readonly kind: "placed";
      readonly nodeName: string;
      /** Nodes looked at. */
      readonly evaluated: number;
      readonly feasible: number;
      /** Absent when there was only one node to choose. */
      readonly scoring: Scoring | undefined;
    }
  | {
      readonly kind: "unschedulable";
      readonly diagnosis: Diagnosis;
      /** What PreFilter set up, for PostFilter to try things with. */
      readonly filters: readonly NodeFilter[];
    };

export interface PodScheduler {
  /** Finds the best node for a Pod as the cluster is now. Neither awaits nor writes anything. */
  schedule(pod: PodInfo): Decision;
}

interface Prepared {
  readonly filters: readonly NodeFilter[];
  readonly candidates: Int32Array;
  readonly leftOut: Diagnosis["leftOut"];
}

/**
 * The scheduling cycle up to the choice of a node.
 *
 * @param options.random - uniform in [0, 1), for ties
 */
export function createPodScheduler(options: {
  framework: Framework;
  nodes: NodeTable;
  nominator: Nominator;
  random: () => number;
}): PodScheduler {
  const { framework, nodes, nominator, random } = options;
  /** Where the next search starts, so that all nodes get their turn though only some are looked at. */
  let nextStart = 0;
  /** Reused from cycle to cycle. */
  const scratch = { scores: new Float64Array(128), totals: new Float64Array(128) };

  function prepare(pod: PodInfo): Prepared | Rejection {
    const filters: NodeFilter[] = [];
    const narrowing: string[] = [];
    let names: Set<string> | undefined;
    for (const plugin of framework.filters) {
      const result = plugin.preFilter(pod, nodes);
      if (result.kind === "reject") return result.rejection;
      if (result.kind === "skip") continue;
      filters.push(result.filter);
      const { nodeNames } = result;
      if (nodeNames === undefined) continue;
      narrowing.push(plugin.name);
      const before = names;
      names = new Set(before === undefined ? nodeNames : nodeNames.filter((name) => before.has(name)));
    }
    if (names === undefined) return { filters, candidates: nodes.order, leftOut: { plugins: [], count: 0 } };
    const indexes: number[] = [];
    for (const name of names) {
      const index = nodes.indexOf(name);
      if (index !== undefined) indexes.push(index);
    }
    const leftOut = { plugins: narrowing, count: nodes.length - indexes.length };
    return { filters, candidates: Int32Array.from(indexes), leftOut };
  }

  const check = (pod: PodInfo, filters: readonly NodeFilter[], node: number) =>
    checkNode(pod, node, { nodes, nominator, filters });

  function promisedNode(pod: PodInfo, prepared: Prepared): number | undefined {
    const name = nominator.nodeOf(pod.uid);
    const index = name === undefined ? undefined : nodes.indexOf(name);
    if (index === undefined || !prepared.candidates.includes(index)) return undefined;
    return check(pod, prepared.filters, index) === undefined ? index : undefined;
  }

  function schedule(pod: PodInfo): Decision {
    const totalNodes = nodes.length;
    const unschedulable = (rest: Omit<Diagnosis, "totalNodes">, filters: readonly NodeFilter[]): Decision => ({
      kind: "unschedulable",
      diagnosis: { totalNodes, ...rest },
      filters,
    });
    const prepared = prepare(pod);
    if (!("filters" in prepared)) {
      return unschedulable({ rejections: new Map(), leftOut: { plugins: [], count: 0 }, preFilter: prepared }, []);
    }
    const { filters, candidates, leftOut } = prepared;
    const promised = promisedNode(pod, prepared);
    if (promised !== undefined) {
      return { kind: "placed", nodeName: nodes.name(promised), evaluated: 1, feasible: 1, scoring: undefined };
    }
    const enough = numFeasibleNodesToFind(candidates.length, framework.percentageOfNodesToScore);
    const feasible = new Int32Array(framework.scorers.length === 0 ? Math.min(1, enough) : enough);
    const rejections = new Map<number, Rejection>();
    const start = candidates.length === 0 ? 0 : nextStart % candidates.length;
    let found = 0;
    let evaluated = 0;
    for (; evaluated < candidates.length && found < feasible.length; evaluated++) {
      const position = start + evaluated;
      const node = candidates[position < candidates.length ? position : position - candidates.length] ?? 0;
      const rejected = check(pod, filters, node);
      if (rejected === undefined) feasible[found++] = node;
      else rejections.set(node, rejected);
    }
    if (totalNodes > 0) nextStart = (nextStart + evaluated) % totalNodes;
    if (found === 0) return unschedulable({ rejections, leftOut, preFilter: undefined }, filters);
    const [first = 0] = feasible;
    if (found === 1) {
      return { kind: "placed", nodeName: nodes.name(first), evaluated, feasible: 1, scoring: undefined };
    }
    const { scoring, best } = score(pod, feasible.subarray(0, found));
    return { kind: "placed", nodeName: nodes.name(best), evaluated, feasible: found, scoring };
  }

  function score(pod: PodInfo, feasible: Int32Array): { scoring: Scoring; best: number } {
    const count = feasible.length;
    if (scratch.totals.length < count) {
      scratch.scores = new Float64Array(2 * count);
      scratch.totals = new Float64Array(2 * count);
    }
    const scores = scratch.scores.subarray(0, count);
    const totals = scratch.totals.subarray(0, count).fill(0);
    const byPlugin: PluginScores[] = [];
    for (const { plugin, weight } of framework.scorers) {
      const prepared = plugin.preScore(pod, nodes, feasible);
      if (prepared.kind === "skip") continue;
      const { scorer } = prepared;
      for (let i = 0; i < count; i++) scores[i] = scorer.score(feasible[i] ?? 0);
      scorer.normalize?.(scores, feasible);
      for (let i = 0; i < count; i++) totals[i] = (totals[i] ?? 0) + weight * (scores[i] ?? 0);
      byPlugin.push({ plugin: plugin.name, weight, scores: new Uint8Array(scores) });
    }
    return { scoring: { nodes: feasible, byPlugin }, best: feasible[bestOf(totals, random)] ?? 0 };
  }

  return { schedule };
}

/**
 * Whether a Pod fits on a node. Where room was promised to others it is tried with those Pods there, and without: they
 * may never come.
 */
export function checkNode(
  pod: PodInfo,
  node: number,
  state: { nodes: NodeTable; nominator: Nominator; filters: readonly NodeFilter[] },
): Rejection | undefined {
  const { nodes, nominator, filters } = state;
  if (!nominator.isEmpty) {
    const promised = nominator
      .podsOn(nodes.name(node))
      .filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
    if (promised.length > 0) {
      const rejected = withPods(nodes, node, promised, filters, () => runFilters(filters, node));
      if (rejected !== undefined) return rejected;
    }
  }
  return runFilters(filters, node);
}

/** The first plugin that says no; those after it are not asked. */
function runFilters(filters: readonly NodeFilter[], node: number): Rejection | undefined {
  for (let i = 0; i < filters.length; i++) {
    const rejected = filters[i]?.filter(node);
    if (rejected !== undefined) return rejected;
  }
  return undefined;
}

/** Runs `attempt` as if `pods` were on the node too. */
function withPods<T>(
  nodes: NodeTable,
  node: number,
  pods: readonly PodInfo[],
  filters: readonly NodeFilter[],
  attempt: () => T,
): T {
  const added = pods.filter((pod) => !nodes.row(node).pods.has(pod.uid));
  for (const pod of added) {
    nodes.addPodAt(node, pod);
    for (const filter of filters) filter.podAdded?.(pod, node);
  }
  try {
    return attempt();
  } finally {
    for (const pod of added) {
      nodes.removePodAt(node, pod);
      for (const filter of filters) filter.podRemoved?.(pod, node);
    }
  }
}

/** Position of the highest total; equal ones all have the same chance. */
function bestOf(totals: Float64Array, random: () => number): number {
  let best = 0;
  let ties = 1;
  for (let i = 1; i < totals.length; i++) {
    const total = totals[i] ?? 0;
    const highest = totals[best] ?? 0;
    if (total > highest) {
      best = i;
      ties = 1;
    } else if (total === highest && random() * ++ties < 1) {
      best = i;
    }
  }
  return best;
}

import type { Rejection } from "./rejection.ts";

/** Why no node could be found for a Pod. */
export interface Diagnosis {
  /** Nodes there are. */
  readonly totalNodes: number;
  /** By node index; those that PreFilter left out are not in it. */
  readonly rejections: ReadonlyMap<number, Rejection>;
  /** The plugins whose PreFilter left nodes out, and how many. */
  readonly leftOut: { readonly plugins: readonly string[]; readonly count: number };
  /** Set when PreFilter turned the Pod down as a whole. */
  readonly preFilter: Rejection | undefined;
}

const noNodesMessage = "no nodes available to schedule pods";

/** Every plugin that had a part in it; their events can change the outcome. */
export function unschedulablePlugins(diagnosis: Diagnosis): Set<string> {
  const plugins = new Set<string>(diagnosis.leftOut.count > 0 ? diagnosis.leftOut.plugins : []);
  if (diagnosis.preFilter !== undefined) plugins.add(diagnosis.preFilter.plugin);
  for (const { plugin } of new Set(diagnosis.rejections.values())) plugins.add(plugin);
  return plugins;
}

/**
 * `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …`, by which people and
 * programs recognise why a Pod is pending.
 *
 * @param postFilterMessage - what the PostFilter plugins had to say; empty for nothing
 * @see k8s.io/kube-scheduler v0.36.0 framework/types.go
 */
export function fitErrorMessage(diagnosis: Diagnosis, postFilterMessage: string): string {
  const { totalNodes, preFilter } = diagnosis;
  if (totalNodes === 0) return noNodesMessage;
  const why = preFilter === undefined ? nodeReasons(diagnosis) : preFilter.reasons.join(", ");
  const message = `0/${totalNodes} nodes are available:${why === "" ? "" : ` ${why}.`}`;
  return postFilterMessage === "" ? message : `${message} ${postFilterMessage}`;
}

function nodeReasons(diagnosis: Diagnosis): string {
  const counts = new ReasonCounts();
  for (const { reasons } of diagnosis.rejections.values()) for (const reason of reasons) counts.add(reason);
  const { leftOut } = diagnosis;
  if (leftOut.count > 0) {
    counts.add(`node(s) didn't satisfy plugin(s) [${leftOut.plugins.join(" ")}]`, leftOut.count);
  }
  return counts.toString();
}

/** `1 reason, 2 other reason`: sorted as text, number first, as Kubernetes does. */
export class ReasonCounts {
  readonly #counts = new Map<string, number>();

  add(reason: string, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  toString(): string {
    const parts = [...this.#counts].map(([reason, count]) => `${count} ${reason}`);
    return parts.sort().join(", ");
  }
}

import type { Diagnosis } from "./diagnosis.ts";
import type { Rejection } from "./rejection.ts";
import type { Scoring } from "./schedule-pod.ts";

interface Attempt {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Wall time, milliseconds since the epoch. */
  readonly atMs: number;
  /** What the decision took. */
  readonly durationMs: number;
}

/** One attempt to schedule a Pod, told in full. */
export interface DecisionRecord extends Attempt {
  readonly outcome:
    | {
        readonly kind: "placed";
        readonly nodeName: string;
        readonly evaluatedNodes: number;
        readonly feasibleNodes: number;
        /** Highest total first; empty when there was but one feasible node. */
        readonly scores: readonly NodeScores[];
      }
    | {
        readonly kind: "unschedulable";
        readonly message: string;
        /** The first plugin that turned each node down, and why. */
        readonly rejections: readonly NodeRejection[];
      };
}

export interface NodeScores {
  readonly node: string;
  /** Sum of the plugins' scores times their weights. */
  readonly total: number;
  /** By plugin, before its weight. */
  readonly byPlugin: Readonly<Record<string, number>>;
}

export interface NodeRejection {
  readonly node: string;
  readonly plugin: string;
  readonly reasons: readonly string[];
}

/** A record as it is kept: indexes and small arrays, told in full only when asked for. */
interface KeptRecord extends Attempt {
  /** Node names by index, as they were. */
  readonly names: readonly string[];
  readonly outcome:
    | {
        readonly kind: "placed";
        readonly nodeName: string;
        readonly evaluated: number;
        readonly feasible: number;
        readonly scoring: Scoring | undefined;
      }
    | {
        readonly kind: "unschedulable";
        readonly message: string;
        readonly nodes: Int32Array;
        readonly rejections: Uint16Array;
        readonly distinct: readonly Rejection[];
      };
}

export interface DecisionRecordsOptions {
  /** Attempts kept. Default 2,000. */
  readonly maxRecords?: number;
  /** Nodes over all attempts kept. Default a million. */
  readonly maxNodes?: number;
}

/** The last scheduling decisions and their reasons, in bounded memory beside the objects, never in them. */
export class DecisionRecords {
  readonly #maxRecords: number;
  readonly #maxNodes: number;
  #records: KeptRecord[] = [];
  /** Records before this position have been dropped. */
  #first = 0;
  #nodes = 0;

  constructor(options: DecisionRecordsOptions = {}) {
    this.#maxRecords = options.maxRecords ?? 2000;
    this.#maxNodes = options.maxNodes ?? 1_000_000;
  }

  placed(
    attempt: Attempt,
    names: readonly string[],
    outcome: Omit<Extract<KeptRecord["outcome"], { kind: "placed" }>, "kind">,
  ): void {
    this.#keep({ ...attempt, names, outcome: { kind: "placed", ...outcome } });
  }

  unschedulable(attempt: Attempt, names: readonly string[], diagnosis: Diagnosis, message: string): void {
    const { rejections } = diagnosis;
    const distinct = [...new Set(rejections.values())];
    const positions = new Map(distinct.map((rejection, position) => [rejection, position]));
    const nodes = Int32Array.from(rejections.keys());
    const which = Uint16Array.from(rejections.values(), (rejection) => positions.get(rejection) ?? 0);
    this.#keep({ ...attempt, names, outcome: { kind: "unschedulable", message, nodes, rejections: which, distinct } });
  }

  /** The attempts of one Pod that are still kept, newest first. */
  of(pod: { readonly namespace: string; readonly name: string }): DecisionRecord[] {
    const found: DecisionRecord[] = [];
    for (let i = this.#records.length - 1; i >= this.#first; i--) {
      const record = this.#records[i];
      if (record?.name === pod.name && record.namespace === pod.namespace) found.push(tell(record));
    }
    return found;
  }

  #keep(record: KeptRecord): void {
    this.#records.push(record);
    this.#nodes += nodesIn(record);
    while (this.#records.length - this.#first > this.#maxRecords || this.#nodes > this.#maxNodes) {
      const oldest = this.#records[this.#first++];
      if (oldest === undefined) break;
      this.#nodes -= nodesIn(oldest);
    }
    if (this.#first > 256 && this.#first * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
  }
}

function nodesIn({ outcome }: KeptRecord): number {
  return outcome.kind === "placed" ? (outcome.scoring?.nodes.length ?? 0) : outcome.nodes.length;
}

function tell(record: KeptRecord): DecisionRecord {
  const { names, outcome, ...attempt } = record;
  if (outcome.kind === "placed") {
    const { nodeName, evaluated, feasible, scoring } = outcome;
    const scores = scoring === undefined ? [] : tellScores(scoring, names);
    return {
      ...attempt,
      outcome: { kind: "placed", nodeName, evaluatedNodes: evaluated, feasibleNodes: feasible, scores },
    };
  }
  const rejections: NodeRejection[] = [];
  outcome.nodes.forEach((node, i) => {
    const why = outcome.distinct[outcome.rejections[i] ?? 0];
    if (why !== undefined) rejections.push({ node: names[node] ?? "", plugin: why.plugin, reasons: why.reasons });
  });
  return { ...attempt, outcome: { kind: "unschedulable", message: outcome.message, rejections } };
}

function tellScores({ nodes, byPlugin }: Scoring, names: readonly string[]): NodeScores[] {
  const told = Array.from(nodes, (node, i) => {
    let total = 0;
    const scores: Record<string, number> = {};
    for (const { plugin, weight, scores: all } of byPlugin) {
      const score = all[i] ?? 0;
      scores[plugin] = score;
      total += weight * score;
    }
    return { node: names[node] ?? "", total, byPlugin: scores };
  });
  return told.sort((a, b) => b.total - a.total);
}

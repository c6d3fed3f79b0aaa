import type { ClusterEvent, EventResource } from "./cluster-event.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { NodeTable } from "./node-table.ts";
import type { Nominator } from "./nominator.ts";
import type { PodInfo } from "./pod-info.ts";
import type { QueuedPod } from "./queued-pod.ts";
import type { Rejection } from "./rejection.ts";

/** The Filter step of one plugin for one Pod, set up by PreFilter. */
export interface NodeFilter {
  /** Undefined where the Pod fits. Must not allocate on the way to that answer. */
  filter(node: number): Rejection | undefined;
  /**
   * AddPod and RemovePod of upstream's PreFilterExtensions: another Pod is put on a node of the table, or taken off, for
   * a dry run. Only for plugins that summed something up over nodes; what they read from the table is right by itself.
   */
  podAdded?(pod: PodInfo, node: number): void;
  podRemoved?(pod: PodInfo, node: number): void;
}

export type PreFilterResult =
  /** Nothing to check for this Pod: Filter is not run. */
  | { readonly kind: "skip" }
  /** No node can do. */
  | { readonly kind: "reject"; readonly rejection: Rejection }
  /** `nodeNames`: only these nodes need be looked at. */
  | { readonly kind: "filter"; readonly filter: NodeFilter; readonly nodeNames?: readonly string[] };

/** The Score and NormalizeScore steps of one plugin for one Pod, set up by PreScore. */
export interface NodeScorer {
  /** A whole number; 0 to 100 unless `normalize` makes it so. */
  score(node: number): number;
  /** Changes the scores of the feasible nodes in place, so that all are whole numbers from 0 to 100. */
  normalize?(scores: Float64Array, nodes: Int32Array): void;
}

export type PreScoreResult = { readonly kind: "skip" } | { readonly kind: "score"; readonly scorer: NodeScorer };

/** What PostFilter is told about a Pod that fits nowhere. */
export interface PostFilterContext {
  readonly pod: PodInfo;
  readonly nodes: NodeTable;
  readonly diagnosis: Diagnosis;
  /** The filters as PreFilter set them up; empty when PreFilter turned the Pod down. */
  readonly filters: readonly NodeFilter[];
  /** Which Pods have been promised room where. */
  readonly nominator: Nominator;
}

export type PostFilterResult =
  /** Did not help; `message` goes into the Pod's condition. `withdraw`: the Pod loses the node it was promised, if any. */
  | { readonly kind: "unschedulable"; readonly message: string; readonly withdraw?: true }
  /** Room is being made there; the Pod will be tried again when it is free. */
  | { readonly kind: "nominated"; readonly nodeName: string };

/** A change in the cluster that may make a Pod fit which this plugin turned down. */
export interface QueueingHint {
  readonly resource: EventResource;
  /** Any of these bits of the event; see `change` in cluster-event.ts. */
  readonly changes: number;
  /** Default: always worth a new attempt. */
  readonly isWorthRetrying?: (pod: PodInfo, event: ClusterEvent) => boolean;
}

/** For the steps after the decision, which may take time. */
export interface BindContext {
  readonly pod: PodInfo;
  readonly nodeName: string;
  readonly signal: AbortSignal;
}

/**
 * A scheduling plugin: any of upstream's extension points, by upstream's names. All up to `reserve` run within one
 * scheduling cycle and must not await; those after it run in the binding cycle, several Pods at once.
 *
 * @see k8s.io/kube-scheduler v0.36.0 framework/interface.go
 */
export interface Plugin {
  readonly name: string;
  /** EventsToRegister. */
  readonly requeueOn?: readonly QueueingHint[];
  /** A message keeps the Pod out of the queue until it changes. */
  preEnqueue?(pod: PodInfo): string | undefined;
  /** QueueSort: true if `a` goes before `b`. */
  less?(a: QueuedPod, b: QueuedPod): boolean;
  preFilter?(pod: PodInfo, nodes: NodeTable): PreFilterResult;
  postFilter?(context: PostFilterContext): PostFilterResult;
  preScore?(pod: PodInfo, nodes: NodeTable, feasible: Int32Array): PreScoreResult;
  reserve?(pod: PodInfo, nodeName: string): Rejection | undefined;
  unreserve?(pod: PodInfo, nodeName: string): void;
  /** Resolves when the Pod may go on, or with the reason why it may not. */
  permit?(context: BindContext): Promise<Rejection | undefined>;
  preBind?(context: BindContext): Promise<void>;
  /** `"skip"` leaves it to the next plugin. */
  bind?(context: BindContext): Promise<"bound" | "skip">;
  postBind?(context: BindContext): void;
}

export const skip = { kind: "skip" } as const;

import type { Node } from "../api/generated/types.ts";
import { nodeTableChanged } from "./cluster-event.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodInfo } from "./pod-info.ts";

type PodState =
  /** We chose the node and the API server has not been seen to agree yet. */
  | { readonly kind: "assumed"; readonly info: PodInfo; readonly nodeName: string }
  /** The watch showed it there. */
  | { readonly kind: "assigned"; readonly info: PodInfo; readonly nodeName: string };

/**
 * What the cluster looks like to the scheduler: what the watches have shown, plus the Pods it has given a node itself
 * ("assumed"), so that the next decision counts them before the API server has answered.
 */
export class SchedulerCache {
  readonly nodes: NodeTable;
  readonly #pods = new Map<string, PodState>();

  constructor(nodes: NodeTable) {
    this.nodes = nodes;
  }

  /** Pods on nodes, assumed ones included. */
  get podCount(): number {
    return this.#pods.size;
  }

  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.kind === "assumed";
  }

  assume(info: PodInfo, nodeName: string): void {
    this.#place({ kind: "assumed", info, nodeName });
  }

  /** Takes back an assumption that was not confirmed meanwhile. Answers whether there was one. */
  forget(uid: string): boolean {
    if (!this.isAssumed(uid)) return false;
    this.removePod(uid);
    return true;
  }

  /** A Pod as the watch shows it on a node, which wins over what was assumed. */
  setPod(info: PodInfo, nodeName: string): void {
    this.#place({ kind: "assigned", info, nodeName });
  }

  removePod(uid: string): void {
    const state = this.#pods.get(uid);
    if (state === undefined) return;
    this.#pods.delete(uid);
    this.nodes.removePod(state.nodeName, state.info);
  }

  setNode(node: Readonly<Node>, old?: Readonly<Node>): void {
    if (old === undefined || nodeTableChanged(old, node)) this.nodes.setNode(node);
  }

  removeNode(name: string): void {
    this.nodes.removeNode(name);
  }

  #place(state: PodState): void {
    const { info, nodeName } = state;
    this.removePod(info.uid);
    this.#pods.set(info.uid, state);
    this.nodes.addPod(nodeName, info);
  }
}

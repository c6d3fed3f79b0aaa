import type { PodInfo } from "./pod-info.ts";

/** Which Pods have been promised room on which node by preemption. */
export class Nominator {
  readonly #nodeByUid = new Map<string, string>();
  readonly #podsByNode = new Map<string, Map<string, PodInfo>>();

  /** Records the promise, or withdraws the one there was when `nodeName` is empty. */
  set(pod: PodInfo, nodeName: string): void {
    this.delete(pod.uid);
    if (nodeName === "") return;
    this.#nodeByUid.set(pod.uid, nodeName);
    let pods = this.#podsByNode.get(nodeName);
    if (pods === undefined) {
      pods = new Map();
      this.#podsByNode.set(nodeName, pods);
    }
    pods.set(pod.uid, pod);
  }

  delete(uid: string): void {
    const nodeName = this.#nodeByUid.get(uid);
    if (nodeName === undefined) return;
    this.#nodeByUid.delete(uid);
    const pods = this.#podsByNode.get(nodeName);
    pods?.delete(uid);
    if (pods?.size === 0) this.#podsByNode.delete(nodeName);
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeByUid.get(uid);
  }

  podsOn(nodeName: string): readonly PodInfo[] {
    const pods = this.#podsByNode.get(nodeName);
    return pods === undefined ? [] : [...pods.values()];
  }

  /** Whether any node has such a promise. */
  get isEmpty(): boolean {
    return this.#nodeByUid.size === 0;
  }
}

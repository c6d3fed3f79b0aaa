import type { Node, NodeCondition, Pod, Taint } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf, nameOf } from "../../api/meta.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { EventSink } from "../event-sink.ts";
import { unlessNotFound } from "../not-found.ts";
import { isReady } from "../pods/pod-state.ts";

const stableLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
};

/** The node lifecycle controller's writes. */
export class NodeWriter {
  readonly #client: Pick<RestClient, "patch" | "update">;
  readonly #recorder: EventSink;

  constructor(deps: { client: Pick<RestClient, "patch" | "update">; recorder: EventSink }) {
    this.#client = deps.client;
    this.#recorder = deps.recorder;
  }

  /** Replaces the taints, unless the node has changed since it was read. */
  async taint(node: Node, taints: readonly Taint[], signal: AbortSignal): Promise<void> {
    const { resourceVersion } = node.metadata ?? {};
    const body = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
    await this.#client.patch(kinds.nodes, keyOf(node), { type: "merge", body }, { signal });
  }

  /** Copies os and architecture to the labels that had them before they were stable. */
  async label(node: Node, signal: AbortSignal): Promise<void> {
    const current = node.metadata?.labels ?? {};
    const labels: Record<string, string> = {};
    for (const [beta, stable] of Object.entries(stableLabels)) {
      const value = current[stable];
      if (value !== undefined && current[beta] !== value) labels[beta] = value;
    }
    if (Object.keys(labels).length === 0) return;
    await this.#client.patch(kinds.nodes, keyOf(node), { type: "merge", body: { metadata: { labels } } }, { signal });
  }

  async writeConditions(node: Node, conditions: NodeCondition[], signal: AbortSignal): Promise<Node> {
    const status = { ...node.status, conditions };
    return await this.#client.update(kinds.nodes, { ...node, status }, { subresource: "status", signal });
  }

  /** A Pod on a node nobody hears of is not ready, whatever it said last. */
  async markNotReady(pod: Pod, now: string, signal: AbortSignal): Promise<void> {
    if (!isReady(pod) || pod.status === undefined) return;
    const conditions = (pod.status.conditions ?? []).map((condition) =>
      condition.type === "Ready" ? { ...condition, status: "False", lastTransitionTime: now } : condition,
    );
    const changed = { ...pod, status: { ...pod.status, conditions } };
    const options = { subresource: "status", signal };
    const answer = await unlessNotFound(this.#client.update(kinds.pods, changed, options));
    if (answer === undefined) return;
    const content = { type: "Warning", reason: "NodeNotReady", message: "Node is not ready" } as const;
    this.#recorder.event(kinds.pods, pod, content);
  }

  record(node: Node, reason: "RegisteredNode" | "RemovingNode" | "NodeNotReady"): void {
    const name = nameOf(node);
    const texts = {
      RegisteredNode: `Node ${name} event: Registered Node ${name} in Controller`,
      RemovingNode: `Node ${name} event: Removing Node ${name} from Controller`,
      NodeNotReady: `Node ${name} status is now: NodeNotReady`,
    };
    this.#recorder.event(kinds.nodes, node, { type: "Normal", reason, message: texts[reason] });
  }
}

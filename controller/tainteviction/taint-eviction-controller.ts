import { isDeepStrictEqual } from "node:util";
import type { Node, Pod, Taint } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { isDeleting, keyOf, keyString, nameOf, parseKey } from "../../api/meta.ts";
import { timestamp } from "../../component-base/clock.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { unlessNotFound } from "../not-found.ts";
import { markDisruptionTarget } from "../pods/disruption-target.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { isTerminal } from "../pods/pod-state.ts";
import { queueController } from "../queue-controller.ts";
import { toleratedMs } from "./tolerations.ts";

const noExecute = (node: Node | undefined): Taint[] =>
  (node?.spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");

const keyFor = (pod: Pod) => keyString(keyOf(pod));

/**
 * Deletes Pods that do not tolerate the NoExecute taints of their node, each after the time it tolerates them. Time counts
 * from when this process first saw the Pod on the tainted node.
 * @see kubernetes v1.36.0 pkg/controller/tainteviction/taint_eviction.go
 */
export function taintEvictionController(context: ControllerContext): Controller {
  const { client, clock, recorder } = context;
  const nodes = context.informer({ kind: kinds.nodes });
  const pods = podInformer(context);
  /** Since when a Pod has stood on a tainted node, monotonic. */
  const sinceMs = new Map<string, number>();

  function forgive(key: string, pod: Pod | undefined): void {
    if (!sinceMs.delete(key) || pod === undefined || isDeleting(pod)) return;
    const message = `Cancelling deletion of Pod ${key}`;
    recorder.event(kinds.pods, pod, { type: "Normal", reason: "TaintManagerEviction", message });
  }

  async function evict(pod: Pod, key: string, signal: AbortSignal): Promise<void> {
    const content = { reason: "TaintManagerEviction", message: `Marking for deletion Pod ${key}` };
    recorder.event(kinds.pods, pod, { type: "Normal", ...content });
    const marked = await markDisruptionTarget(pod, client, {
      why: { reason: "DeletionByTaintManager", message: "Taint manager: deleting due to NoExecute taint" },
      now: timestamp(clock),
      signal,
    });
    if (!marked) return;
    await unlessNotFound(client.delete(kinds.pods, keyOf(pod), { signal }));
  }

  const { queue, controller } = queueController(context, {
    workers: 8,
    async reconcile(key, { signal }) {
      const pod = pods.get(parseKey(key));
      if (pod === undefined || isDeleting(pod) || isTerminal(pod)) {
        sinceMs.delete(key);
        return { kind: "done" };
      }
      const taints = noExecute(nodes.get({ namespace: "", name: pod.spec?.nodeName ?? "" }));
      const allowedMs = toleratedMs(taints, pod.spec?.tolerations ?? []);
      if (taints.length === 0 || allowedMs === undefined) {
        forgive(key, pod);
        return { kind: "done" };
      }
      const nowMs = clock.monotonicMs();
      const since = sinceMs.get(key) ?? nowMs;
      if (allowedMs > 0) sinceMs.set(key, since);
      const leftMs = since + allowedMs - nowMs;
      if (leftMs > 0) return { kind: "requeueAfter", delayMs: leftMs };
      await evict(pod, key, signal);
      sinceMs.delete(key);
      return { kind: "done" };
    },
  });

  const check = (pod: Pod) => {
    const node = nodes.get({ namespace: "", name: pod.spec?.nodeName ?? "" });
    if (noExecute(node).length > 0 || sinceMs.has(keyFor(pod))) queue.add(keyFor(pod));
  };
  const checkAll = (node: Node) => {
    for (const pod of pods.byIndex("nodeName", nameOf(node))) queue.add(keyFor(pod));
  };
  nodes.addHandler({
    onAdd(node) {
      if (noExecute(node).length > 0) checkAll(node);
    },
    onUpdate(old, node) {
      if (!isDeepStrictEqual(noExecute(old), noExecute(node))) checkAll(node);
    },
    onDelete: checkAll,
  });
  pods.addHandler({
    onAdd: check,
    onUpdate(old, pod) {
      const { nodeName, tolerations } = pod.spec ?? {};
      if (old.spec?.nodeName !== nodeName || !isDeepStrictEqual(old.spec?.tolerations, tolerations)) check(pod);
    },
    onDelete: (pod) => void sinceMs.delete(keyFor(pod)),
  });
  return controller;
}

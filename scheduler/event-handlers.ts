import type { Node, Pod } from "../api/generated/types.ts";
import { nameOf } from "../api/meta.ts";
import type { InformerHandler } from "../client/informer.ts";
import type { SchedulerCache } from "./cache.ts";
import { change, nodeChanges, podChanges, sameJson } from "./cluster-event.ts";
import type { Nominator } from "./nominator.ts";
import { podInfo } from "./pod-info.ts";
import { podFreed, type SchedulingQueue } from "./scheduling-queue.ts";

export interface EventHandlerDeps {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  /** Names of the profiles that run here; Pods of other schedulers only take up room. */
  readonly schedulerNames: ReadonlySet<string>;
}

/**
 * What Pod events do to cache and queue. The watch shows only Pods that have not ended, so one that ends arrives as
 * deleted and its room is free again.
 */
export function podHandler(deps: EventHandlerDeps): InformerHandler<Pod> {
  const { cache, queue, nominator, schedulerNames } = deps;

  function onAdd(pod: Readonly<Pod>): void {
    const nodeName = pod.spec?.nodeName;
    if (nodeName) assigned(pod, nodeName);
    else if (schedulerNames.has(pod.spec?.schedulerName ?? "default-scheduler")) {
      const info = podInfo(pod);
      nominator.set(info, pod.status?.nominatedNodeName ?? "");
      queue.add(info);
    }
  }

  function assigned(pod: Readonly<Pod>, nodeName: string): void {
    const info = podInfo(pod);
    queue.delete(info.uid);
    nominator.delete(info.uid);
    cache.setPod(info, nodeName);
    queue.moveAllOn({ resource: "AssignedPod", changes: change.add, current: info });
  }

  function assignedChanged(old: Readonly<Pod>, pod: Readonly<Pod>, nodeName: string): void {
    if (!schedulingChanged(old, pod)) return;
    const before = podInfo(old);
    const info = podInfo(pod);
    cache.setPod(info, nodeName);
    const changes = podChanges(before, info);
    if (changes !== 0) queue.moveAllOn({ resource: "AssignedPod", changes, old: before, current: info });
  }

  function waitingChanged(pod: Readonly<Pod>): void {
    if (!schedulerNames.has(pod.spec?.schedulerName ?? "default-scheduler")) return;
    const info = podInfo(pod);
    if (cache.isAssumed(info.uid)) return;
    const nominatedNodeName = pod.status?.nominatedNodeName ?? "";
    if (nominatedNodeName !== "") nominator.set(info, nominatedNodeName);
    queue.update(info);
  }

  function onDelete(pod: Readonly<Pod>): void {
    const info = podInfo(pod);
    const heldRoom =
      Boolean(pod.spec?.nodeName) || cache.isAssumed(info.uid) || nominator.nodeOf(info.uid) !== undefined;
    queue.delete(info.uid);
    nominator.delete(info.uid);
    cache.removePod(info.uid);
    if (heldRoom) queue.moveAllOn(podFreed(info));
  }

  return {
    onAdd,
    onUpdate(old, pod) {
      if (old.metadata?.uid !== pod.metadata?.uid) {
        onDelete(old);
        onAdd(pod);
        return;
      }
      const nodeName = pod.spec?.nodeName;
      if (!nodeName) waitingChanged(pod);
      else if (old.spec?.nodeName === nodeName) assignedChanged(old, pod, nodeName);
      else assigned(pod, nodeName);
    },
    onDelete,
  };
}

/** Whether an assigned Pod changed in anything that is kept of it: most updates are the kubelet's, of its status. */
function schedulingChanged(old: Readonly<Pod>, pod: Readonly<Pod>): boolean {
  return (
    old.metadata?.generation !== pod.metadata?.generation ||
    old.metadata?.deletionTimestamp !== pod.metadata?.deletionTimestamp ||
    !sameJson(old.metadata?.labels, pod.metadata?.labels) ||
    !sameJson(old.spec, pod.spec)
  );
}

/** What Node events do to cache and queue. */
export function nodeHandler({ cache, queue }: Pick<EventHandlerDeps, "cache" | "queue">): InformerHandler<Node> {
  return {
    onAdd(node) {
      cache.setNode(node);
      queue.moveAllOn({ resource: "Node", changes: change.add, current: node });
    },
    onUpdate(old, node) {
      cache.setNode(node, old);
      const changes = nodeChanges(old, node);
      if (changes !== 0) queue.moveAllOn({ resource: "Node", changes, old, current: node });
    },
    onDelete(node) {
      cache.removeNode(nameOf(node));
      queue.moveAllOn({ resource: "Node", changes: change.delete, old: node });
    },
  };
}

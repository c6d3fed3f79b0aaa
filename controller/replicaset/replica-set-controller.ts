import { isDeepStrictEqual } from "node:util";
import type { Pod, ReplicaSet } from "../../api/generated/types.ts";
import { labelSelectorMatches } from "../../api/label-selector.ts";
import { controllerOf, isDeleting, keyOf, keyString, namespaceOf, parseKey, uidOf } from "../../api/meta.ts";
import { Expectations } from "../../client/expectations.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { isReady } from "../pods/pod-state.ts";
import { queueController } from "../queue-controller.ts";
import { untilSeen, WrittenRevisions } from "../written-revisions.ts";
import { replicaSetInformer } from "./replica-set-informer.ts";
import { syncReplicaSet } from "./sync-replica-set.ts";

/** What a ReplicaSet's next sync depends on in a Pod. */
const visible = ({ metadata, status }: Pod) => [
  metadata?.labels,
  metadata?.ownerReferences,
  status?.phase,
  status?.conditions?.find(({ type }) => type === "Ready"),
];

const keyFor = (replicaSet: ReplicaSet) => keyString(keyOf(replicaSet));

/** Keeps as many Pods of a ReplicaSet's template running as it asks for. */
export function replicaSetController(context: ControllerContext): Controller {
  const pods = podInformer(context);
  const replicaSets = replicaSetInformer(context);
  const expectations = new Expectations(context);
  const written = new WrittenRevisions(context);
  const { queue, controller } = queueController(context, {
    workers: context.config.concurrentReplicaSetSyncs,
    async reconcile(key, options) {
      const replicaSet = replicaSets.get(parseKey(key));
      if (replicaSet === undefined) {
        expectations.forget(key);
        written.forget(key);
        return { kind: "done" };
      }
      if (!written.isSeen(key, replicaSets.lastSeenRevision)) return untilSeen;
      return await syncReplicaSet(replicaSet, { ...context, pods, replicaSets, expectations, written }, options);
    },
  });

  function ownerOf(child: Pod): ReplicaSet | undefined {
    const reference = controllerOf(child);
    if (reference?.kind !== "ReplicaSet") return undefined;
    const replicaSet = replicaSets.get({ namespace: namespaceOf(child), name: reference.name });
    return replicaSet !== undefined && uidOf(replicaSet) === reference.uid ? replicaSet : undefined;
  }

  function enqueueMatching(orphan: Pod): void {
    for (const replicaSet of replicaSets.list(namespaceOf(orphan))) {
      const selector = replicaSet.spec?.selector ?? {};
      if (labelSelectorMatches(selector, orphan.metadata?.labels)) queue.add(keyFor(replicaSet));
    }
  }

  function podGone(pod: Pod): void {
    const owner = ownerOf(pod);
    if (owner === undefined) return;
    expectations.deletionObserved(keyFor(owner), uidOf(pod));
    queue.add(keyFor(owner));
  }

  replicaSets.addHandler({
    onAdd: (replicaSet) => queue.add(keyFor(replicaSet)),
    onUpdate(old, current) {
      if (uidOf(old) !== uidOf(current)) expectations.forget(keyFor(old));
      queue.add(keyFor(current));
    },
    onDelete(replicaSet) {
      expectations.forget(keyFor(replicaSet));
      queue.add(keyFor(replicaSet));
    },
  });

  pods.addHandler({
    onAdd(pod) {
      if (isDeleting(pod)) return podGone(pod);
      if (controllerOf(pod) === undefined) return enqueueMatching(pod);
      const owner = ownerOf(pod);
      if (owner === undefined) return;
      expectations.creationObserved(keyFor(owner));
      queue.add(keyFor(owner));
    },
    onUpdate(old, pod) {
      if (uidOf(old) !== uidOf(pod)) podGone(old);
      if (isDeleting(pod)) return podGone(pod);
      if (uidOf(old) === uidOf(pod) && isDeepStrictEqual(visible(old), visible(pod))) return;
      const oldOwner = ownerOf(old);
      const owner = ownerOf(pod);
      if (oldOwner !== undefined && oldOwner !== owner) queue.add(keyFor(oldOwner));
      if (owner !== undefined) {
        if (uidOf(old) !== uidOf(pod)) expectations.creationObserved(keyFor(owner));
        queue.add(keyFor(owner));
        const { minReadySeconds = 0 } = owner.spec ?? {};
        if (minReadySeconds > 0 && isReady(pod) && !isReady(old)) queue.addAfter(keyFor(owner), minReadySeconds * 1000);
      } else if (controllerOf(pod) === undefined) {
        enqueueMatching(pod);
      }
    },
    onDelete: podGone,
  });
  return controller;
}

import type { Deployment, Pod, ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { labelSelectorMatches } from "../../api/label-selector.ts";
import { controllerOf, keyOf, keyString, namespaceOf, parseKey, uidOf } from "../../api/meta.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { queueController } from "../queue-controller.ts";
import { replicaSetInformer } from "../replicaset/replica-set-informer.ts";
import { untilSeen, WrittenRevisions } from "../written-revisions.ts";
import { isRollingUpdate } from "./strategy.ts";
import { syncDeployment } from "./sync-deployment.ts";

/** Retries of a failing sync before the Deployment is left alone until its next event. */
const maxRetries = 15;

const keyFor = (deployment: Deployment) => keyString(keyOf(deployment));

/** Rolls a Deployment's template out through ReplicaSets. */
export function deploymentController(context: ControllerContext): Controller {
  const deployments = context.informer({ kind: kinds.deployments });
  const replicaSets = replicaSetInformer(context);
  const pods = podInformer(context);
  const writtenDeployments = new WrittenRevisions(context);
  const writtenReplicaSets = new WrittenRevisions(context);
  const { queue, controller } = queueController(context, {
    workers: context.config.concurrentDeploymentSyncs,
    maxRetries,
    async reconcile(key, options) {
      const deployment = deployments.get(parseKey(key));
      if (deployment === undefined) {
        writtenDeployments.forget(key);
        writtenReplicaSets.forget(key);
        return { kind: "done" };
      }
      const upToDate =
        writtenDeployments.isSeen(key, deployments.lastSeenRevision) &&
        writtenReplicaSets.isSeen(key, replicaSets.lastSeenRevision);
      if (!upToDate) return untilSeen;
      const deps = { ...context, replicaSets, pods, writtenDeployments, writtenReplicaSets };
      return await syncDeployment(deployment, deps, options);
    },
  });

  function ownerOf(replicaSet: ReplicaSet): Deployment | undefined {
    const reference = controllerOf(replicaSet);
    if (reference?.kind !== "Deployment") return undefined;
    const deployment = deployments.get({ namespace: namespaceOf(replicaSet), name: reference.name });
    return deployment !== undefined && uidOf(deployment) === reference.uid ? deployment : undefined;
  }

  function replicaSetChanged(replicaSet: ReplicaSet): void {
    const owner = ownerOf(replicaSet);
    if (owner !== undefined) {
      queue.add(keyFor(owner));
      return;
    }
    if (controllerOf(replicaSet) !== undefined) return;
    for (const deployment of deployments.list(namespaceOf(replicaSet))) {
      const selector = deployment.spec?.selector ?? {};
      if (labelSelectorMatches(selector, replicaSet.metadata?.labels)) queue.add(keyFor(deployment));
    }
  }

  /** A Recreate rollout waits for the last Pod of the old templates. */
  function podDeleted(pod: Pod): void {
    const reference = controllerOf(pod);
    if (reference?.kind !== "ReplicaSet") return;
    const replicaSet = replicaSets.get({ namespace: namespaceOf(pod), name: reference.name });
    const owner = replicaSet === undefined ? undefined : ownerOf(replicaSet);
    if (owner !== undefined && !isRollingUpdate(owner)) queue.add(keyFor(owner));
  }

  deployments.addHandler({
    onAdd: (deployment) => queue.add(keyFor(deployment)),
    onUpdate: (_old, deployment) => queue.add(keyFor(deployment)),
    onDelete: (deployment) => queue.add(keyFor(deployment)),
  });
  replicaSets.addHandler({
    onAdd: replicaSetChanged,
    onUpdate(old, replicaSet) {
      if (controllerOf(old)?.uid !== controllerOf(replicaSet)?.uid) replicaSetChanged(old);
      replicaSetChanged(replicaSet);
    },
    onDelete: replicaSetChanged,
  });
  pods.addHandler({ onDelete: podDeleted });
  return controller;
}

import type { Deployment, ReplicaSet } from "../../api/generated/types.ts";
import { byAge, isDeleting } from "../../api/meta.ts";
import { desiredReplicasAnnotation, replicasAnnotation, revisionOf } from "./annotations.ts";
import { sameTemplate } from "./pod-template.ts";
import { replicasOf, unlimited } from "./strategy.ts";

/**
 * The ReplicaSet of the Deployment's template: the oldest, should there be several. Equality of templates decides, not
 * the hash in the name, so a rollback finds the ReplicaSet that had this template before.
 */
export function findNewReplicaSet(deployment: Deployment, owned: readonly ReplicaSet[]): ReplicaSet | undefined {
  const template = deployment.spec?.template;
  if (template === undefined) return undefined;
  return [...owned].sort(byAge).find((replicaSet) => sameTemplate(replicaSet.spec?.template ?? {}, template));
}

/** All but the new one, oldest first. */
export const findOldReplicaSets = (owned: readonly ReplicaSet[], newReplicaSet: ReplicaSet | undefined): ReplicaSet[] =>
  owned.filter((replicaSet) => replicaSet.metadata?.uid !== newReplicaSet?.metadata?.uid).sort(byAge);

export const activeReplicaSets = (replicaSets: readonly ReplicaSet[]): ReplicaSet[] =>
  replicaSets.filter((replicaSet) => replicasOf(replicaSet) > 0);

export const maxRevision = (replicaSets: readonly ReplicaSet[]): number =>
  replicaSets.reduce((max, replicaSet) => Math.max(max, revisionOf(replicaSet)), 0);

/** The only active ReplicaSet, or where none is active the newest; `undefined` when several are active. */
export function activeOrLatest(
  newReplicaSet: ReplicaSet | undefined,
  oldReplicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const all = newReplicaSet === undefined ? oldReplicaSets : [...oldReplicaSets, newReplicaSet];
  const active = activeReplicaSets(all);
  if (active.length === 1) return active[0];
  return active.length === 0 ? (newReplicaSet ?? oldReplicaSets.at(-1)) : undefined;
}

/** Nothing of a rollout is left to do: all other ReplicaSets may go to 0. */
export const isSaturated = (deployment: Deployment, newReplicaSet: ReplicaSet | undefined): boolean =>
  newReplicaSet !== undefined &&
  replicasOf(newReplicaSet) === replicasOf(deployment) &&
  replicasAnnotation(newReplicaSet, desiredReplicasAnnotation) === replicasOf(deployment) &&
  (newReplicaSet.status?.availableReplicas ?? 0) === replicasOf(deployment);

/** Somebody changed `spec.replicas` since the active ReplicaSets were sized. */
export const isScalingEvent = (deployment: Deployment, owned: readonly ReplicaSet[]): boolean =>
  activeReplicaSets(owned).some((replicaSet) => {
    const desired = replicasAnnotation(replicaSet, desiredReplicasAnnotation);
    return desired !== undefined && desired !== replicasOf(deployment);
  });

/** Old ReplicaSets beyond the history limit that hold nothing any more, lowest revision first. */
export function expiredHistory(deployment: Deployment, oldReplicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? unlimited;
  if (limit === unlimited) return [];
  const alive = oldReplicaSets.filter((replicaSet) => !isDeleting(replicaSet));
  const surplus = alive.length - limit;
  if (surplus <= 0) return [];
  return [...alive]
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, surplus)
    .filter((replicaSet) => {
      const { status, metadata } = replicaSet;
      const settled = (metadata?.generation ?? 0) <= (status?.observedGeneration ?? 0);
      return settled && (status?.replicas ?? 0) === 0 && replicasOf(replicaSet) === 0;
    });
}

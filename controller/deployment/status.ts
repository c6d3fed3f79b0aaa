import type { Deployment, DeploymentStatus, ReplicaSet } from "../../api/generated/types.ts";
import { nameOf } from "../../api/meta.ts";
import { findCondition, withCondition, withoutCondition, withRenewedCondition } from "./conditions.ts";
import { progressDeadlineSeconds, replicasOf, rolloutLimits } from "./strategy.ts";

export interface Rollout {
  readonly deployment: Deployment;
  readonly newReplicaSet: ReplicaSet | undefined;
  readonly oldReplicaSets: readonly ReplicaSet[];
}

type CountField = "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas";

const sum = (replicaSets: readonly ReplicaSet[], field: CountField) =>
  replicaSets.reduce((total, replicaSet) => total + (replicaSet.status?.[field] ?? 0), 0);

export const allReplicaSets = ({ oldReplicaSets, newReplicaSet }: Rollout): readonly ReplicaSet[] =>
  newReplicaSet === undefined ? oldReplicaSets : [...oldReplicaSets, newReplicaSet];

/** The counts and the Available condition; the rest of the conditions stay as they are. */
export function calculateStatus(rollout: Rollout, now: string): DeploymentStatus {
  const { deployment, newReplicaSet } = rollout;
  const all = allReplicaSets(rollout);
  const available = sum(all, "availableReplicas");
  const wanted = all.reduce((total, replicaSet) => total + replicasOf(replicaSet), 0);
  const counts = {
    observedGeneration: deployment.metadata?.generation ?? 0,
    replicas: sum(all, "replicas"),
    updatedReplicas: newReplicaSet?.status?.replicas ?? 0,
    readyReplicas: sum(all, "readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wanted - available),
  };
  const { collisionCount, conditions } = deployment.status ?? {};
  // Zero is the same as absent on the wire, except where absent means unknown.
  const status: DeploymentStatus = {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    terminatingReplicas: sum(all, "terminatingReplicas"),
    ...(conditions !== undefined && { conditions }),
    ...(collisionCount !== undefined && { collisionCount }),
  };
  const enough = available >= replicasOf(deployment) - rolloutLimits(deployment).maxUnavailable;
  const text = enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.";
  return withCondition(
    status,
    {
      type: "Available",
      status: enough ? "True" : "False",
      reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      message: text,
    },
    now,
  );
}

/** Every wanted Pod is of the newest template and available, and no other is left. */
export function isComplete(deployment: Deployment, status: Readonly<DeploymentStatus>): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

function hasProgressed(before: Readonly<DeploymentStatus>, now: Readonly<DeploymentStatus>): boolean {
  const old = (status: Readonly<DeploymentStatus>) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut(status: Readonly<DeploymentStatus>, deadlineSeconds: number, nowMs: number): boolean {
  const condition = findCondition(status, "Progressing");
  if (condition === undefined || condition.reason === "NewReplicaSetAvailable") return false;
  if (condition.reason === "ProgressDeadlineExceeded") return true;
  return Date.parse(condition.lastUpdateTime ?? "") + deadlineSeconds * 1000 < nowMs;
}

/**
 * The status of a rollout, with what it says about progress and failures.
 * @see kubernetes v1.36.0 pkg/controller/deployment/progress.go
 */
export function rolloutStatus(
  rollout: Rollout,
  time: { readonly now: string; readonly nowMs: number },
): DeploymentStatus {
  const { deployment, newReplicaSet } = rollout;
  let status = calculateStatus(rollout, time.now);
  const deadlineSeconds = progressDeadlineSeconds(deployment);
  if (deadlineSeconds === undefined) status = withoutCondition(status, "Progressing");

  const current = findCondition(deployment.status, "Progressing");
  const wasComplete =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === "NewReplicaSetAvailable";
  if (deadlineSeconds !== undefined && !wasComplete) {
    const subject =
      newReplicaSet === undefined ? `Deployment "${nameOf(deployment)}"` : `ReplicaSet "${nameOf(newReplicaSet)}"`;
    const progressing = { type: "Progressing", status: "True" } as const;
    if (isComplete(deployment, status)) {
      const message = `${subject} has successfully progressed.`;
      status = withCondition(status, { ...progressing, reason: "NewReplicaSetAvailable", message }, time.now);
    } else if (hasProgressed(deployment.status ?? {}, status)) {
      const message = `${subject} is progressing.`;
      status = withRenewedCondition(status, { ...progressing, reason: "ReplicaSetUpdated", message }, time.now);
    } else if (hasTimedOut(status, deadlineSeconds, time.nowMs)) {
      const message = `${subject} has timed out progressing.`;
      const failed = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message } as const;
      status = withCondition(status, failed, time.now);
    }
  }

  const failure = replicaFailure(rollout);
  if (failure === undefined) return withoutCondition(status, "ReplicaFailure");
  const { reason = "", message = "" } = failure;
  return withCondition(status, { type: "ReplicaFailure", status: "True", reason, message }, time.now);
}

/** The newest ReplicaSet's failure, else any other's. */
function replicaFailure(rollout: Rollout) {
  const candidates = [
    ...(rollout.newReplicaSet === undefined ? [] : [rollout.newReplicaSet]),
    ...rollout.oldReplicaSets,
  ];
  return candidates
    .map((replicaSet) => replicaSet.status?.conditions?.find(({ type }) => type === "ReplicaFailure"))
    .find((condition) => condition !== undefined);
}

/**
 * When to look again at a rollout that stands still, so that its deadline is noticed without an event; `undefined` when
 * nothing is to be waited for.
 */
export function deadlineCheckInMs(
  deployment: Deployment,
  status: Readonly<DeploymentStatus>,
  nowMs: number,
): number | undefined {
  const deadlineSeconds = progressDeadlineSeconds(deployment);
  const condition = findCondition(deployment.status, "Progressing");
  if (deadlineSeconds === undefined || condition === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === "ProgressDeadlineExceeded") return undefined;
  const leftMs = Date.parse(condition.lastUpdateTime ?? "") + deadlineSeconds * 1000 - nowMs;
  return Math.max(0, leftMs) + 1000;
}

import type { DeploymentCondition, DeploymentStatus } from "../../api/generated/types.ts";

export type ConditionType = "Available" | "Progressing" | "ReplicaFailure";

export interface ConditionContent {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

type Status = Readonly<DeploymentStatus>;

export const findCondition = (status: Status | undefined, type: ConditionType): DeploymentCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

export const withoutCondition = (status: Status, type: ConditionType): DeploymentStatus =>
  findCondition(status, type) === undefined
    ? status
    : { ...status, conditions: (status.conditions ?? []).filter((condition) => condition.type !== type) };

/**
 * The status with the condition set, as the last one. Unchanged when status and reason are as before; the time of
 * transition moves only when the status does.
 */
export function withCondition(status: Status, content: ConditionContent, now: string): DeploymentStatus {
  const current = findCondition(status, content.type);
  if (current?.status === content.status && current.reason === content.reason) return status;
  return withRenewedCondition(status, content, now);
}

/** As {@link withCondition}, but a condition of the same status and reason gets new times and text too. */
export function withRenewedCondition(status: Status, content: ConditionContent, now: string): DeploymentStatus {
  const current = findCondition(status, content.type);
  const lastTransitionTime = current?.status === content.status ? (current.lastTransitionTime ?? now) : now;
  const { type, status: value, reason, message } = content;
  const condition: DeploymentCondition = {
    type,
    status: value,
    lastUpdateTime: now,
    lastTransitionTime,
    reason,
    message,
  };
  return { ...status, conditions: [...(withoutCondition(status, type).conditions ?? []), condition] };
}

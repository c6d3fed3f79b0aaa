import type { Deployment } from "../../api/generated/types.ts";

/** A progress deadline or history limit of this value means none. */
export const unlimited = 2 ** 31 - 1;

export const replicasOf = (object: { readonly spec?: { readonly replicas?: number } }): number =>
  object.spec?.replicas ?? 1;

export const isRollingUpdate = (deployment: Deployment): boolean =>
  (deployment.spec?.strategy?.type ?? "RollingUpdate") === "RollingUpdate";

/** An absolute number, or the percentage of `total`; what is neither counts as 0. */
function resolveIntOrPercent(
  value: number | string | undefined,
  options: { readonly total: number; readonly round: "up" | "down" },
): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value ?? "")?.[1];
  if (percent === undefined) return 0;
  const exact = (Number(percent) * options.total) / 100;
  return options.round === "up" ? Math.ceil(exact) : Math.floor(exact);
}

/** How far a rollout may leave the wanted number of Pods, above and below. */
export interface RolloutLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Surge is rounded up, unavailability down, and they are never both 0. A Recreate rollout has neither. */
export function rolloutLimits(deployment: Deployment): RolloutLimits {
  const total = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge, { total, round: "up" });
  const unavailable = resolveIntOrPercent(maxUnavailable, { total, round: "down" });
  if (surge === 0 && unavailable === 0) return { maxSurge: 0, maxUnavailable: Math.min(1, total) };
  return { maxSurge: surge, maxUnavailable: Math.min(unavailable, total) };
}

/** Seconds a rollout may stand still before it is reported as stuck; `undefined`: for ever. */
export function progressDeadlineSeconds(deployment: Deployment): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds === unlimited ? undefined : seconds;
}

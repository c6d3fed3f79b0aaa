import { isDeepStrictEqual } from "node:util";
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from "../../api/generated/types.ts";
import { labelsContain } from "../../api/label-selector.ts";
import { availableInMs, isReady } from "../pods/pod-state.ts";

export interface ReplicaSetObservation {
  readonly replicaSet: ReplicaSet;
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  /** Why Pods could not be created or deleted; `undefined` when they could. */
  readonly failure: { readonly reason: "FailedCreate" | "FailedDelete"; readonly message: string } | undefined;
  readonly now: string;
  readonly nowMs: number;
}

/** What the observation makes of the status. @see kubernetes v1.36.0 pkg/controller/replicaset/replica_set_utils.go */
export function replicaSetStatus(observation: ReplicaSetObservation): ReplicaSetStatus {
  const { replicaSet, active, nowMs } = observation;
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  const templateLabels = replicaSet.spec?.template?.metadata?.labels ?? {};
  const count = (test: (pod: Pod) => boolean) => active.filter(test).length;
  const counts = {
    fullyLabeledReplicas: count((pod) => labelsContain(templateLabels, pod.metadata?.labels)),
    readyReplicas: count(isReady),
    availableReplicas: count((pod) => availableInMs(pod, minReadySeconds, nowMs) === 0),
  };
  const conditions = conditionsOf(observation);
  const generation = replicaSet.metadata?.generation ?? 0;
  return {
    replicas: active.length,
    ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0)),
    terminatingReplicas: observation.terminating.length,
    ...(generation !== 0 && { observedGeneration: generation }),
    ...(conditions.length > 0 && { conditions }),
  };
}

function conditionsOf(observation: ReplicaSetObservation): ReplicaSetCondition[] {
  const { replicaSet, failure, now } = observation;
  const current = replicaSet.status?.conditions ?? [];
  const reported = current.some(({ type }) => type === "ReplicaFailure");
  if (failure === undefined) return reported ? current.filter(({ type }) => type !== "ReplicaFailure") : current;
  if (reported) return current;
  return [...current, { type: "ReplicaFailure", status: "True", lastTransitionTime: now, ...failure }];
}

export const sameStatus = (a: ReplicaSetStatus, b: ReplicaSetStatus | undefined): boolean => isDeepStrictEqual(a, b);

/** When the next ready Pod becomes available, if that is to be waited for. */
export function nextAvailableInMs(observation: ReplicaSetObservation): number | undefined {
  const minReadySeconds = observation.replicaSet.spec?.minReadySeconds ?? 0;
  const waits = observation.active
    .map((pod) => availableInMs(pod, minReadySeconds, observation.nowMs))
    .filter((wait) => wait !== undefined && wait > 0);
  return waits.length === 0 ? undefined : Math.min(...(waits as number[]));
}

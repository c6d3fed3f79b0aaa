import { defaultPodTemplate } from "../../core/v1/pod-defaults.ts";
import type { Deployment, ReplicaSet } from "../../generated/types.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/apps/v1/defaults.go */
export function defaultDeployment(deployment: Deployment): void {
  deployment.status ??= {};
  const { spec } = deployment;
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ??= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    spec.strategy.rollingUpdate.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultPodTemplate(spec.template);
}

export function defaultReplicaSet(replicaSet: ReplicaSet): void {
  replicaSet.status ??= { replicas: 0 };
  const { spec } = replicaSet;
  if (spec === undefined) return;
  spec.replicas ??= 1;
  defaultPodTemplate(spec.template);
}

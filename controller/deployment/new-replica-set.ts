import type { Deployment, ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { nameOf, namespaceOf } from "../../api/meta.ts";
import { controllerRef } from "../ownership/controller-ref.ts";
import { inheritedAnnotations, revisionAnnotation, sizeAnnotations } from "./annotations.ts";
import { podTemplateHash, podTemplateHashLabel } from "./pod-template.ts";
import { replicasOf } from "./strategy.ts";

const maxNameLength = 253;

export interface NewReplicaSetOptions {
  readonly replicas: number;
  readonly revision: number;
  readonly maxSurge: number;
}

/** The ReplicaSet to create for a Deployment's template. Its name is the same every time for the same template. */
export function buildReplicaSet(deployment: Deployment, options: NewReplicaSetOptions): ReplicaSet {
  const { replicas, revision, maxSurge } = options;
  const { template = {}, selector, minReadySeconds = 0 } = deployment.spec ?? {};
  const hash = podTemplateHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
  const desired = replicasOf(deployment);
  return {
    apiVersion: kinds.replicaSets.apiVersion,
    kind: kinds.replicaSets.kind,
    metadata: {
      name: `${nameOf(deployment).slice(0, maxNameLength - hash.length - 1)}-${hash}`,
      namespace: namespaceOf(deployment),
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        ...sizeAnnotations(desired, desired + maxSurge),
        [revisionAnnotation]: String(revision),
      },
      ownerReferences: [controllerRef(kinds.deployments, deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds !== 0 && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [podTemplateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

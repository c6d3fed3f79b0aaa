import type { Deployment, ReplicaSet } from "../../api/generated/types.ts";

/** Which rollout of its Deployment a ReplicaSet (or, on the Deployment, its newest ReplicaSet) is. */
export const revisionAnnotation = "deployment.kubernetes.io/revision";
/** Earlier revisions of a ReplicaSet that was rolled back to: a comma list. */
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
/** `spec.replicas` of the Deployment when it last sized the ReplicaSet. */
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
/** `spec.replicas` + maxSurge of the Deployment when it last sized the ReplicaSet. */
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

const notCopied: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);

const maxHistoryLength = 2000;

type Annotations = Record<string, string>;

export const revisionOf = (object: Readonly<ReplicaSet>): number =>
  Number.parseInt(object.metadata?.annotations?.[revisionAnnotation] ?? "", 10) || 0;

/** The number an annotation holds; `undefined` when it is absent or none. */
export function replicasAnnotation(replicaSet: Readonly<ReplicaSet>, annotation: string): number | undefined {
  const text = replicaSet.metadata?.annotations?.[annotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The two annotations that record the size wanted. */
export const sizeAnnotations = (desired: number, max: number): Annotations => ({
  [desiredReplicasAnnotation]: String(desired),
  [maxReplicasAnnotation]: String(max),
});

/** Annotations of a Deployment that its ReplicaSets carry too. */
export function inheritedAnnotations(deployment: Readonly<Deployment>): Annotations {
  const entries = Object.entries(deployment.metadata?.annotations ?? {});
  return Object.fromEntries(entries.filter(([name]) => !notCopied.has(name)));
}

/**
 * Annotations of a ReplicaSet that is its Deployment's newest, as revision `revision`. A lower revision it had before
 * goes to its history.
 * @see kubernetes v1.36.0 pkg/controller/deployment/util/deployment_util.go (SetNewReplicaSetAnnotations)
 */
export function annotationsAsNew(
  current: Readonly<Annotations>,
  inherited: Annotations,
  revision: number,
): Annotations {
  const wanted = { ...current, ...inherited };
  const previous = current[revisionAnnotation];
  if ((Number.parseInt(previous ?? "", 10) || 0) >= revision) return wanted;
  wanted[revisionAnnotation] = String(revision);
  if (previous !== undefined && previous !== "") {
    wanted[revisionHistoryAnnotation] = appendRevision(current[revisionHistoryAnnotation] ?? "", previous);
  }
  return wanted;
}

function appendRevision(history: string, revision: string): string {
  const revisions = history === "" ? [] : history.split(",");
  revisions.push(revision);
  while (revisions.length > 1 && revisions.join(",").length > maxHistoryLength) revisions.shift();
  return revisions.join(",");
}

export function sameAnnotations(a: Readonly<Annotations>, b: Readonly<Annotations>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

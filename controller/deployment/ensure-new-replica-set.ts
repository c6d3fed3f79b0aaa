import type { ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { controllerOf, keyOf, nameOf, uidOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { annotationsAsNew, inheritedAnnotations, revisionAnnotation, sameAnnotations } from "./annotations.ts";
import { findCondition, withCondition } from "./conditions.ts";
import type { DeploymentWriter } from "./deployment-writer.ts";
import { buildReplicaSet } from "./new-replica-set.ts";
import { sameTemplate } from "./pod-template.ts";
import { maxRevision } from "./replica-sets.ts";
import { newReplicaSetReplicas } from "./rolling-update.ts";
import { isRollingUpdate, progressDeadlineSeconds, replicasOf, rolloutLimits } from "./strategy.ts";

interface Context {
  readonly writer: DeploymentWriter;
  readonly oldReplicaSets: readonly ReplicaSet[];
  readonly client: Pick<RestClient, "get">;
  readonly signal: AbortSignal;
  readonly now: string;
}

/**
 * Gives the new ReplicaSet its Deployment's annotations and its revision, and the Deployment the same revision; the
 * latter is staged for the status that is written at the end of the sync.
 */
export async function syncNewReplicaSet(existing: ReplicaSet, context: Context): Promise<ReplicaSet> {
  const { writer, oldReplicaSets, now } = context;
  const { deployment } = writer;
  const current = existing.metadata?.annotations ?? {};
  const annotations = annotationsAsNew(current, inheritedAnnotations(deployment), maxRevision(oldReplicaSets) + 1);
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  let replicaSet = existing;
  const differs = !sameAnnotations(current, annotations) || (existing.spec?.minReadySeconds ?? 0) !== minReadySeconds;
  if (differs && existing.spec !== undefined) {
    replicaSet = await writer.updateReplicaSet({
      ...existing,
      metadata: { ...existing.metadata, annotations },
      spec: { ...existing.spec, minReadySeconds },
    });
  }
  stageRevision(writer, replicaSet);
  stageProgress(writer, {
    reason: "FoundNewReplicaSet",
    message: `Found new replica set "${nameOf(replicaSet)}"`,
    now,
    onlyFirst: true,
  });
  return replicaSet;
}

/**
 * Creates the ReplicaSet of the Deployment's template with its first replicas. The name depends on the template alone: if
 * it is taken by an equal ReplicaSet of ours, an earlier attempt did succeed; if a stranger has it, `collisionCount` is
 * written and the error thrown, so that the next sync tries another name.
 */
export async function createNewReplicaSet(context: Context): Promise<ReplicaSet | undefined> {
  const { writer, oldReplicaSets, now } = context;
  const { deployment } = writer;
  const limits = rolloutLimits(deployment);
  const replicas = isRollingUpdate(deployment)
    ? newReplicaSetReplicas({
        replicas: replicasOf(deployment),
        ...limits,
        oldReplicaSets: oldReplicaSets.map((old) => ({ name: nameOf(old), replicas: replicasOf(old), available: 0 })),
      })
    : replicasOf(deployment);
  const { maxSurge } = limits;
  const wanted = buildReplicaSet(deployment, { replicas, maxSurge, revision: maxRevision(oldReplicaSets) + 1 });

  let created: ReplicaSet;
  try {
    created = await writer.createReplicaSet(wanted);
  } catch (error) {
    if (error instanceof StatusError && error.reason === "AlreadyExists") {
      return await takeExisting(wanted, error, context);
    }
    if (isNamespaceTerminating(error)) return undefined;
    await reportCreateError(wanted, error, context);
    throw error;
  }
  if (replicas > 0) writer.recordScaling(created, { from: 0, to: replicas });
  stageRevision(writer, created);
  stageProgress(writer, {
    reason: "NewReplicaSetCreated",
    message: `Created new replica set "${nameOf(created)}"`,
    now,
    onlyFirst: false,
  });
  return created;
}

async function takeExisting(wanted: ReplicaSet, taken: StatusError, context: Context): Promise<ReplicaSet> {
  const { writer, client, signal } = context;
  const { deployment } = writer;
  const existing = await client.get(kinds.replicaSets, keyOf(wanted), { signal });
  const ours = controllerOf(existing)?.uid === uidOf(deployment);
  if (ours && sameTemplate(existing.spec?.template ?? {}, deployment.spec?.template ?? {})) {
    stageRevision(writer, existing);
    return existing;
  }
  const { status } = deployment;
  await writer.writeStatus({ ...status, collisionCount: (status?.collisionCount ?? 0) + 1 });
  throw taken;
}

async function reportCreateError(wanted: ReplicaSet, error: unknown, context: Context): Promise<void> {
  const { writer, now } = context;
  const text = error instanceof Error ? error.message : String(error);
  const message = `Failed to create new replica set "${nameOf(wanted)}": ${text}`;
  const reason = "ReplicaSetCreateError";
  writer.record({ type: "Warning", reason, message });
  const { deployment } = writer;
  if (progressDeadlineSeconds(deployment) === undefined) return;
  const status = withCondition(deployment.status ?? {}, { type: "Progressing", status: "False", reason, message }, now);
  if (status !== deployment.status) await writer.writeStatus(status);
}

function stageRevision(writer: DeploymentWriter, replicaSet: ReplicaSet): void {
  const revision = replicaSet.metadata?.annotations?.[revisionAnnotation];
  const annotations = writer.deployment.metadata?.annotations ?? {};
  if (revision === undefined || annotations[revisionAnnotation] === revision) return;
  writer.stage({ annotations: { ...annotations, [revisionAnnotation]: revision } });
}

function stageProgress(
  writer: DeploymentWriter,
  content: { reason: string; message: string; now: string; onlyFirst: boolean },
): void {
  const { deployment } = writer;
  const { reason, message, now, onlyFirst } = content;
  const status = deployment.status ?? {};
  if (progressDeadlineSeconds(deployment) === undefined) return;
  if (onlyFirst && findCondition(status, "Progressing") !== undefined) return;
  writer.stage({ status: withCondition(status, { type: "Progressing", status: "True", reason, message }, now) });
}

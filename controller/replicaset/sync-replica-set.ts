import type { Pod, ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { labelSelectorMatches } from "../../api/label-selector.ts";
import { controllerOf, isDeleting, keyOf, keyString, nameOf, namespaceOf, uidOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { Expectations } from "../../client/expectations.ts";
import type { Lister } from "../../client/informer.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { Result } from "../../client/workqueue.ts";
import { type Clock, timestamp } from "../../component-base/clock.ts";
import type { EventSink } from "../event-sink.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { unlessNotFound } from "../not-found.ts";
import { claimChildren } from "../ownership/claim.ts";
import { controllerRef } from "../ownership/controller-ref.ts";
import { sortForDeletion } from "../pods/deletion-order.ts";
import { isActive, isTerminating } from "../pods/pod-state.ts";
import type { WrittenRevisions } from "../written-revisions.ts";
import { podFromTemplate } from "./pod-from-template.ts";
import { slowStart } from "./slow-start.ts";
import { nextAvailableInMs, type ReplicaSetObservation, replicaSetStatus, sameStatus } from "./status.ts";

/** Most Pods created or deleted in one run. */
const burstReplicas = 500;

export interface SyncReplicaSetDeps {
  readonly client: RestClient;
  readonly pods: Pick<Lister<Pod>, "byIndex"> & { readonly lastSeenRevision: string };
  readonly replicaSets: Pick<Lister<ReplicaSet>, "byIndex">;
  readonly expectations: Expectations;
  readonly written: WrittenRevisions;
  readonly recorder: EventSink;
  readonly clock: Clock;
}

/**
 * Creates or deletes Pods until there are as many active ones as wanted, then says what there is. Nothing is created or
 * deleted before the cache has seen what the last run did.
 * @see kubernetes v1.36.0 pkg/controller/replicaset/replica_set.go (syncReplicaSet)
 */
export async function syncReplicaSet(
  replicaSet: ReplicaSet,
  deps: SyncReplicaSetDeps,
  options: { signal: AbortSignal },
): Promise<Result> {
  const { clock, pods, expectations } = deps;
  const mayManage = expectations.satisfied(keyString(keyOf(replicaSet))) && !isDeleting(replicaSet);
  const owned = pods.byIndex("controllerUid", uidOf(replicaSet));
  const orphans = pods.byIndex("orphanNamespace", namespaceOf(replicaSet));
  const selector = replicaSet.spec?.selector ?? {};
  const active = await claimChildren<ReplicaSet, Pod>({
    ownerKind: kinds.replicaSets,
    owner: replicaSet,
    childKind: kinds.pods,
    candidates: [...owned, ...orphans].filter(isActive),
    selects: (pod) => labelSelectorMatches(selector, pod.metadata?.labels),
    client: deps.client,
    signal: options.signal,
  });

  const run = { replicaSet, deps, signal: options.signal };
  const managed = mayManage ? await manage(run, active) : undefined;
  const observation: ReplicaSetObservation = {
    replicaSet,
    active,
    terminating: owned.filter(isTerminating),
    failure: managed?.failure,
    now: timestamp(clock),
    nowMs: clock.now(),
  };
  await writeStatus(run, observation);
  if (managed !== undefined) throw managed.error;
  const delayMs = nextAvailableInMs(observation);
  return delayMs === undefined ? { kind: "done" } : { kind: "requeueAfter", delayMs };
}

/** One run of one ReplicaSet. */
interface Run {
  readonly replicaSet: ReplicaSet;
  readonly deps: SyncReplicaSetDeps;
  readonly signal: AbortSignal;
}

interface ManageFailure {
  readonly error: unknown;
  readonly failure: NonNullable<ReplicaSetObservation["failure"]>;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Resolves with the failure, if there was one. */
async function manage(run: Run, active: readonly Pod[]): Promise<ManageFailure | undefined> {
  const { replicaSet } = run;
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing === 0) return undefined;
  const reason = missing > 0 ? "FailedCreate" : "FailedDelete";
  const error =
    missing > 0
      ? await createPods(run, Math.min(missing, burstReplicas))
      : await deletePods(run, choosePods(run, active, Math.min(-missing, burstReplicas)));
  return error === undefined ? undefined : { error, failure: { reason, message: messageOf(error) } };
}

async function createPods({ replicaSet, deps, signal }: Run, count: number): Promise<unknown> {
  const { client, expectations, recorder } = deps;
  const key = keyString(keyOf(replicaSet));
  const seenRevision = deps.pods.lastSeenRevision;
  const pod = podFromTemplate(replicaSet.spec?.template ?? {}, {
    namespace: namespaceOf(replicaSet),
    ownerName: nameOf(replicaSet),
    controllerRef: controllerRef(kinds.replicaSets, replicaSet),
  });
  expectations.expectCreations(key, count);
  const { attempted, error } = await slowStart(count, async () => {
    try {
      const created = await client.create(kinds.pods, pod, { signal, seenRevision });
      const message = `Created pod: ${nameOf(created)}`;
      recorder.event(kinds.replicaSets, replicaSet, { type: "Normal", reason: "SuccessfulCreate", message });
    } catch (error) {
      // What is still expected keeps the next syncs from trying again in a namespace that is going away.
      if (isNamespaceTerminating(error)) return;
      expectations.creationObserved(key);
      const message = `Error creating: ${messageOf(error)}`;
      if (!signal.aborted) {
        recorder.event(kinds.replicaSets, replicaSet, { type: "Warning", reason: "FailedCreate", message });
      }
      throw error;
    }
  });
  for (let skipped = attempted; skipped < count; skipped++) expectations.creationObserved(key);
  return error;
}

async function deletePods({ replicaSet, deps, signal }: Run, victims: readonly Pod[]): Promise<unknown> {
  const { client, expectations, recorder } = deps;
  const key = keyString(keyOf(replicaSet));
  const seenRevision = deps.pods.lastSeenRevision;
  expectations.expectDeletions(key, victims.map(uidOf));
  const results = await Promise.allSettled(
    victims.map(async (pod) => {
      try {
        await client.delete(kinds.pods, keyOf(pod), { signal, seenRevision });
        const message = `Deleted pod: ${nameOf(pod)}`;
        recorder.event(kinds.replicaSets, replicaSet, { type: "Normal", reason: "SuccessfulDelete", message });
      } catch (error) {
        expectations.deletionObserved(key, uidOf(pod));
        if (error instanceof StatusError && error.code === 404) return;
        const message = `Error deleting: ${messageOf(error)}`;
        if (!signal.aborted) {
          recorder.event(kinds.replicaSets, replicaSet, { type: "Warning", reason: "FailedDelete", message });
        }
        throw error;
      }
    }),
  );
  return results.find((result) => result.status === "rejected")?.reason;
}

function choosePods({ replicaSet, deps }: Run, active: readonly Pod[], count: number): Pod[] {
  if (count >= active.length) return [...active];
  const perNode = new Map<string, number>();
  for (const pod of relatedPods(replicaSet, deps)) {
    const node = pod.spec?.nodeName ?? "";
    if (node !== "") perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const ranked = active.map((pod) => ({ pod, colocated: perNode.get(pod.spec?.nodeName ?? "") ?? 0 }));
  return sortForDeletion(ranked, deps.clock.now()).slice(0, count);
}

/** Active Pods of all ReplicaSets that have the same owner as this one. */
function relatedPods(replicaSet: ReplicaSet, deps: SyncReplicaSetDeps): Pod[] {
  const owner = controllerOf(replicaSet);
  const siblings = owner === undefined ? [replicaSet] : deps.replicaSets.byIndex("controllerUid", owner.uid);
  return siblings.flatMap((sibling) => deps.pods.byIndex("controllerUid", uidOf(sibling)).filter(isActive));
}

async function writeStatus({ replicaSet, deps, signal }: Run, observation: ReplicaSetObservation): Promise<void> {
  const status = replicaSetStatus(observation);
  if (sameStatus(status, replicaSet.status)) return;
  const options = { subresource: "status", signal, seenRevision: deps.pods.lastSeenRevision };
  const answer = await unlessNotFound(deps.client.update(kinds.replicaSets, { ...replicaSet, status }, options));
  if (answer !== undefined) deps.written.note(keyString(keyOf(replicaSet)), answer);
}

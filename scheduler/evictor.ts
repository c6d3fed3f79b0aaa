import { pods } from "../api/core/v1/pod.ts";
import { referenceTo } from "../api/object-reference.ts";
import { StatusError } from "../api/status.ts";
import type { EventRecorder } from "../client/event-recorder.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type Clock, timestamp } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import type { Nominator } from "./nominator.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Candidate } from "./victims.ts";

export interface EvictorDeps {
  readonly client: Pick<RestClient, "patch" | "delete">;
  readonly events: Pick<EventRecorder, "event">;
  readonly nominator: Nominator;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly seenRevision: () => string;
}

/**
 * Carries a preemption out: says on each victim why it has to go, and deletes it with its usual grace. Pods of lower
 * priority that were promised the same node lose the promise.
 */
export async function evict(preemptor: PodInfo, candidate: Candidate, deps: EvictorDeps): Promise<void> {
  const { nominator, log } = deps;
  const { nodeName, victims } = candidate;
  const outbid = nominator.podsOn(nodeName).filter((other) => other.priority < preemptor.priority);
  for (const other of outbid) nominator.set(other, "");
  const results = await Promise.allSettled([
    ...victims.map((victim) => evictOne(preemptor, victim, nodeName, deps)),
    ...outbid.map((other) => withdrawNomination(other, deps)),
  ]);
  for (const result of results) {
    if (result.status === "fulfilled" || deps.signal.aborted) continue;
    log.warn({ namespace: preemptor.namespace, name: preemptor.name, err: result.reason }, "preemption failed in part");
  }
}

async function evictOne(preemptor: PodInfo, victim: PodInfo, nodeName: string, deps: EvictorDeps): Promise<void> {
  const { client, events, clock, signal } = deps;
  const { generation, deletionTimestamp } = victim.pod.metadata ?? {};
  if (deletionTimestamp !== undefined) return;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${preemptor.schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: timestamp(clock),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  const seenRevision = deps.seenRevision();
  try {
    const body = { status: { conditions: [condition] } };
    await client.patch(pods, victim, { type: "strategic", body }, { subresource: "status", signal, seenRevision });
    await client.delete(pods, victim, { preconditions: { uid: victim.uid }, signal, seenRevision });
  } catch (error) {
    // Gone already, or another Pod of that name by now: there is nothing of it left to evict.
    if (error instanceof StatusError && (error.code === 404 || error.code === 409)) return;
    throw error;
  }
  events.event(referenceTo(pods, victim.pod), {
    type: "Normal",
    reason: "Preempted",
    action: "Preempting",
    message: `Preempted by pod ${preemptor.uid} on node ${nodeName}`,
  });
}

async function withdrawNomination(pod: PodInfo, deps: EvictorDeps): Promise<void> {
  const { client, signal } = deps;
  const body = { status: { nominatedNodeName: null } };
  await client.patch(pods, pod, { type: "strategic", body }, { subresource: "status", signal });
}

import { isDeepStrictEqual } from "node:util";
import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { labelSelectorMatches, selectsEverything } from "../../api/label-selector.ts";
import { createdMs, isDeleting, nameOf, namespaceOf, uidOf } from "../../api/meta.ts";
import type { Informer } from "../../client/informer.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { Result } from "../../client/workqueue.ts";
import { type Clock, timestamp } from "../../component-base/clock.ts";
import { claimChildren } from "../ownership/claim.ts";
import { isTerminal } from "../pods/pod-state.ts";
import { maxReplicasAnnotation, replicasAnnotation } from "./annotations.ts";
import { findCondition, withCondition } from "./conditions.ts";
import { DeploymentWriter, type DeploymentWriterDeps } from "./deployment-writer.ts";
import { createNewReplicaSet, syncNewReplicaSet } from "./ensure-new-replica-set.ts";
import { proportionalSizes } from "./proportional-scaling.ts";
import {
  activeOrLatest,
  activeReplicaSets,
  expiredHistory,
  findNewReplicaSet,
  findOldReplicaSets,
  isSaturated,
  isScalingEvent,
} from "./replica-sets.ts";
import { newReplicaSetReplicas, oldReplicaSetResizes, type RollingUpdateInput } from "./rolling-update.ts";
import {
  allReplicaSets,
  calculateStatus,
  deadlineCheckInMs,
  isComplete,
  type Rollout,
  rolloutStatus,
} from "./status.ts";
import { isRollingUpdate, progressDeadlineSeconds, replicasOf, rolloutLimits } from "./strategy.ts";

export interface SyncDeploymentDeps extends DeploymentWriterDeps {
  readonly client: RestClient;
  readonly replicaSets: Pick<Informer<ReplicaSet>, "list" | "lastSeenRevision">;
  readonly pods: Pick<Informer<Pod>, "byIndex">;
  readonly clock: Clock;
}

const done: Result = { kind: "done" };

/**
 * Brings one Deployment one step nearer to what it says: at most one class of size changes per run, since every change
 * comes back as an event of a ReplicaSet.
 * @see kubernetes v1.36.0 pkg/controller/deployment/deployment_controller.go (syncDeployment)
 */
export async function syncDeployment(
  deployment: Deployment,
  deps: SyncDeploymentDeps,
  options: { signal: AbortSignal },
): Promise<Result> {
  return await new DeploymentSync(deployment, deps, options.signal).run();
}

class DeploymentSync {
  readonly #deps: SyncDeploymentDeps;
  readonly #signal: AbortSignal;
  readonly #writer: DeploymentWriter;
  readonly #stored: Deployment;
  #owned: ReplicaSet[] = [];
  #new: ReplicaSet | undefined;
  #old: ReplicaSet[] = [];

  constructor(deployment: Deployment, deps: SyncDeploymentDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#stored = deployment;
    this.#writer = new DeploymentWriter(deployment, deps, {
      signal,
      seenRevision: deps.replicaSets.lastSeenRevision,
    });
  }

  async run(): Promise<Result> {
    const deployment = this.#writer.deployment;
    if (selectsEverything(deployment.spec?.selector)) return await this.#refuseEmptySelector();
    await this.#claimReplicaSets();
    if (isDeleting(deployment)) return await this.#writeStatusOnly();
    this.#stagePause();
    if (deployment.spec?.paused === true) return await this.#scale();
    if (isScalingEvent(deployment, this.#owned)) return await this.#scale();
    return isRollingUpdate(deployment) ? await this.#rollingUpdate() : await this.#recreate();
  }

  async #refuseEmptySelector(): Promise<Result> {
    const { deployment } = this.#writer;
    const message = "This deployment is selecting all pods. A non-empty selector is required.";
    this.#writer.record({ type: "Warning", reason: "SelectingAll", message });
    const { generation = 0 } = deployment.metadata ?? {};
    if ((deployment.status?.observedGeneration ?? 0) < generation) {
      await this.#writer.writeStatus({ ...deployment.status, observedGeneration: generation });
    }
    return done;
  }

  async #claimReplicaSets(): Promise<void> {
    const owner = this.#writer.deployment;
    const selector = owner.spec?.selector ?? {};
    this.#owned = await claimChildren<Deployment, ReplicaSet>({
      ownerKind: kinds.deployments,
      owner,
      childKind: kinds.replicaSets,
      candidates: this.#deps.replicaSets.list(namespaceOf(owner)),
      selects: (replicaSet) => labelSelectorMatches(selector, replicaSet.metadata?.labels),
      client: this.#deps.client,
      signal: this.#signal,
    });
    this.#new = findNewReplicaSet(owner, this.#owned);
    this.#old = findOldReplicaSets(this.#owned, this.#new);
  }

  async #syncNew(options: { create: boolean }): Promise<void> {
    const context = {
      writer: this.#writer,
      oldReplicaSets: this.#old,
      client: this.#deps.client,
      signal: this.#signal,
      now: this.#now,
    };
    if (this.#new !== undefined) this.#new = await syncNewReplicaSet(this.#new, context);
    else if (options.create) this.#new = await createNewReplicaSet(context);
  }

  async #rollingUpdate(): Promise<Result> {
    await this.#syncNew({ create: true });
    if (this.#new !== undefined) {
      const to = newReplicaSetReplicas(this.#sizes());
      if (await this.#resize(this.#new, to)) return await this.#writeRolloutStatus();
    }
    let shrunk = false;
    for (const { name, to } of oldReplicaSetResizes(this.#sizes())) {
      const old = this.#old.find((replicaSet) => nameOf(replicaSet) === name);
      if (old !== undefined && (await this.#resize(old, to))) shrunk = true;
    }
    if (!shrunk) await this.#cleanUpIfComplete();
    return await this.#writeRolloutStatus();
  }

  /** No Pod of an old template runs beside one of the new. */
  async #recreate(): Promise<Result> {
    await this.#syncNew({ create: false });
    let shrunk = false;
    for (const old of activeReplicaSets(this.#old)) if (await this.#resize(old, 0)) shrunk = true;
    if (shrunk || this.#oldPodsRun()) return await this.#writeRolloutStatus();
    if (this.#new === undefined) await this.#syncNew({ create: true });
    if (this.#new !== undefined) await this.#resize(this.#new, replicasOf(this.#writer.deployment));
    await this.#cleanUpIfComplete();
    return await this.#writeRolloutStatus();
  }

  #oldPodsRun(): boolean {
    return this.#old.some(
      (replicaSet) =>
        (replicaSet.status?.replicas ?? 0) > 0 ||
        this.#deps.pods.byIndex("controllerUid", uidOf(replicaSet)).some((pod) => !isTerminal(pod)),
    );
  }

  /** Sizes follow `spec.replicas`; no ReplicaSet is made for a new template. */
  async #scale(): Promise<Result> {
    await this.#syncNew({ create: false });
    const { deployment } = this.#writer;
    const only = activeOrLatest(this.#new, this.#old);
    if (only !== undefined) {
      if (replicasOf(only) !== replicasOf(deployment)) await this.#resize(only, replicasOf(deployment));
    } else if (isSaturated(deployment, this.#new)) {
      for (const old of activeReplicaSets(this.#old)) await this.#resize(old, 0);
    } else if (isRollingUpdate(deployment)) {
      await this.#scaleProportionally();
    }
    if (deployment.spec?.paused === true) await this.#cleanUpHistory();
    await this.#writeIfChanged(calculateStatus(this.#rollout, this.#now));
    return done;
  }

  async #scaleProportionally(): Promise<void> {
    const { deployment } = this.#writer;
    const active = activeReplicaSets(allReplicaSets(this.#rollout));
    const sizes = proportionalSizes({
      replicas: replicasOf(deployment),
      maxSurge: rolloutLimits(deployment).maxSurge,
      statusReplicas: deployment.status?.replicas ?? 0,
      replicaSets: active.map((replicaSet) => ({
        name: nameOf(replicaSet),
        replicas: replicasOf(replicaSet),
        maxReplicasBefore: replicasAnnotation(replicaSet, maxReplicasAnnotation),
        createdMs: createdMs(replicaSet),
      })),
    });
    for (const { name, to } of sizes) {
      const replicaSet = active.find((candidate) => nameOf(candidate) === name);
      if (replicaSet !== undefined) await this.#resize(replicaSet, to, { evenIfOnlyAnnotations: true });
    }
  }

  /** True if the ReplicaSet has changed its size. */
  async #resize(replicaSet: ReplicaSet, to: number, options?: { evenIfOnlyAnnotations: true }): Promise<boolean> {
    const from = replicasOf(replicaSet);
    if (from === to && options === undefined) return false;
    const { maxSurge } = rolloutLimits(this.#writer.deployment);
    const resized = await this.#writer.resize(replicaSet, { to, maxSurge });
    const uid = uidOf(resized);
    if (this.#new !== undefined && uidOf(this.#new) === uid) this.#new = resized;
    this.#old = this.#old.map((old) => (uidOf(old) === uid ? resized : old));
    return from !== to;
  }

  #stagePause(): void {
    const { deployment } = this.#writer;
    const status = deployment.status ?? {};
    const condition = findCondition(status, "Progressing");
    if (progressDeadlineSeconds(deployment) === undefined || condition?.reason === "ProgressDeadlineExceeded") return;
    const wasPaused = condition?.reason === "DeploymentPaused";
    const isPaused = deployment.spec?.paused === true;
    if (wasPaused === isPaused) return;
    const content = isPaused
      ? { reason: "DeploymentPaused", message: "Deployment is paused" }
      : { reason: "DeploymentResumed", message: "Deployment is resumed" };
    this.#writer.stage({
      status: withCondition(status, { type: "Progressing", status: "Unknown", ...content }, this.#now),
    });
  }

  async #cleanUpIfComplete(): Promise<void> {
    const { deployment } = this.#writer;
    if (isComplete(deployment, deployment.status ?? {})) await this.#cleanUpHistory();
  }

  async #cleanUpHistory(): Promise<void> {
    for (const replicaSet of expiredHistory(this.#writer.deployment, this.#old)) {
      await this.#writer.deleteReplicaSet(replicaSet);
    }
  }

  async #writeStatusOnly(): Promise<Result> {
    await this.#writeIfChanged(calculateStatus(this.#rollout, this.#now));
    return done;
  }

  async #writeRolloutStatus(): Promise<Result> {
    const nowMs = this.#deps.clock.now();
    const status = rolloutStatus(this.#rollout, { now: this.#now, nowMs });
    if (await this.#writeIfChanged(status)) return done;
    const delayMs = deadlineCheckInMs(this.#writer.deployment, status, nowMs);
    return delayMs === undefined ? done : { kind: "requeueAfter", delayMs };
  }

  /** One write for the status and all that was staged; none when both are as stored. */
  async #writeIfChanged(status: DeploymentStatus): Promise<boolean> {
    const { metadata } = this.#writer.deployment;
    const sameStatus = isDeepStrictEqual(status, this.#stored.status ?? {});
    if (sameStatus && isDeepStrictEqual(metadata?.annotations, this.#stored.metadata?.annotations)) return false;
    await this.#writer.writeStatus(status);
    return true;
  }

  #sizes(): RollingUpdateInput {
    const { deployment } = this.#writer;
    const size = (replicaSet: ReplicaSet) => ({
      name: nameOf(replicaSet),
      replicas: replicasOf(replicaSet),
      available: replicaSet.status?.availableReplicas ?? 0,
    });
    return {
      replicas: replicasOf(deployment),
      ...rolloutLimits(deployment),
      ...(this.#new !== undefined && { newReplicaSet: size(this.#new) }),
      oldReplicaSets: this.#old.map(size),
    };
  }

  get #rollout(): Rollout {
    return { deployment: this.#writer.deployment, newReplicaSet: this.#new, oldReplicaSets: this.#old };
  }

  get #now(): string {
    return timestamp(this.#deps.clock);
  }
}

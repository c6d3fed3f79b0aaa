import type { Deployment, DeploymentStatus, ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf, keyString, nameOf } from "../../api/meta.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { EventContent, EventSink } from "../event-sink.ts";
import { unlessNotFound } from "../not-found.ts";
import type { WrittenRevisions } from "../written-revisions.ts";
import { sizeAnnotations } from "./annotations.ts";
import { replicasOf } from "./strategy.ts";

export interface DeploymentWriterDeps {
  readonly client: Pick<RestClient, "create" | "update" | "delete">;
  readonly recorder: EventSink;
  /** What has been written of Deployments and of ReplicaSets, by key of the Deployment. */
  readonly writtenDeployments: Pick<WrittenRevisions, "note">;
  readonly writtenReplicaSets: Pick<WrittenRevisions, "note">;
}

/**
 * The writes of one sync of one Deployment. It keeps the answers, so that the next write of the same sync carries the
 * resourceVersion of the last one instead of losing a race against itself.
 */
export class DeploymentWriter {
  readonly #deps: DeploymentWriterDeps;
  readonly #signal: AbortSignal;
  readonly #seenRevision: string;
  #deployment: Deployment;

  constructor(
    deployment: Deployment,
    deps: DeploymentWriterDeps,
    options: { signal: AbortSignal; seenRevision: string },
  ) {
    this.#deployment = deployment;
    this.#deps = deps;
    this.#signal = options.signal;
    this.#seenRevision = options.seenRevision;
  }

  /** The Deployment as last read or written, with changes not written yet. */
  get deployment(): Deployment {
    return this.#deployment;
  }

  /** To be written with the next status. */
  stage(change: { annotations?: Record<string, string>; status?: DeploymentStatus }): void {
    const { annotations, status } = change;
    const { metadata } = this.#deployment;
    this.#deployment = {
      ...this.#deployment,
      ...(annotations !== undefined && { metadata: { ...metadata, annotations } }),
      ...(status !== undefined && { status }),
    };
  }

  /** Nothing happens if the Deployment has gone. */
  async writeStatus(status: DeploymentStatus): Promise<void> {
    const answer = await unlessNotFound(
      this.#deps.client.update(
        kinds.deployments,
        { ...this.#deployment, status },
        { subresource: "status", ...this.#callOptions },
      ),
    );
    if (answer === undefined) return;
    this.#deployment = answer;
    this.#deps.writtenDeployments.note(this.#key, answer);
  }

  async createReplicaSet(replicaSet: ReplicaSet): Promise<ReplicaSet> {
    const created = await this.#deps.client.create(kinds.replicaSets, replicaSet, this.#callOptions);
    this.#deps.writtenReplicaSets.note(this.#key, created);
    return created;
  }

  async updateReplicaSet(replicaSet: ReplicaSet): Promise<ReplicaSet> {
    const updated = await this.#deps.client.update(kinds.replicaSets, replicaSet, this.#callOptions);
    this.#deps.writtenReplicaSets.note(this.#key, updated);
    return updated;
  }

  deleteReplicaSet(replicaSet: ReplicaSet): Promise<unknown> {
    return this.#deps.client.delete(kinds.replicaSets, keyOf(replicaSet), this.#callOptions);
  }

  /** Writes the ReplicaSet's new size, and the sizes it is part of, if either differs from what it says. */
  async resize(replicaSet: ReplicaSet, options: { to: number; maxSurge: number }): Promise<ReplicaSet> {
    const from = replicasOf(replicaSet);
    const desired = replicasOf(this.#deployment);
    const current = replicaSet.metadata?.annotations ?? {};
    const annotations = { ...current, ...sizeAnnotations(desired, desired + options.maxSurge) };
    const sizesKnown = Object.entries(annotations).every(([name, value]) => current[name] === value);
    if (from === options.to && sizesKnown) return replicaSet;
    const { spec } = replicaSet;
    if (spec === undefined) return replicaSet;
    const resized = await this.updateReplicaSet({
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations },
      spec: { ...spec, replicas: options.to },
    });
    if (from !== options.to) this.recordScaling(resized, { from, to: options.to });
    return resized;
  }

  recordScaling(replicaSet: ReplicaSet, options: { from: number; to: number }): void {
    const { from, to } = options;
    const direction = to > from ? "up" : "down";
    const message = `Scaled ${direction} replica set ${nameOf(replicaSet)} from ${from} to ${to}`;
    this.record({ type: "Normal", reason: "ScalingReplicaSet", message });
  }

  record(event: EventContent): void {
    this.#deps.recorder.event(kinds.deployments, this.#deployment, event);
  }

  get #key() {
    return keyString(keyOf(this.#deployment));
  }

  get #callOptions() {
    return { signal: this.#signal, seenRevision: this.#seenRevision };
  }
}

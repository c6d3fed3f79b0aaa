import type { Clock } from "../component-base/clock.ts";
import { type ClusterEvent, change, podChanges } from "./cluster-event.ts";
import type { QueueingHint } from "./framework.ts";
import { Heap } from "./heap.ts";
import { InFlightEvents } from "./in-flight.ts";
import type { PodInfo } from "./pod-info.ts";
import type { QueuedPod } from "./queued-pod.ts";

export interface SchedulingQueueOptions {
  /** QueueSort. */
  readonly less: (a: QueuedPod, b: QueuedPod) => boolean;
  /** PreEnqueue: a message keeps the Pod out. */
  readonly preEnqueue: (pod: PodInfo) => string | undefined;
  /** By plugin name. */
  readonly hints: ReadonlyMap<string, readonly QueueingHint[]>;
  /** Default 1000. */
  readonly initialBackoffMs?: number;
  /** Default 10,000. */
  readonly maxBackoffMs?: number;
  /** How long a Pod may wait for an event before it is tried anyway. Default five minutes. */
  readonly maxUnschedulableMs?: number;
  readonly clock: Clock;
}

/** How an attempt ended that gave the Pod no node. */
export type AttemptFailure =
  | { readonly kind: "unschedulable"; readonly plugins: ReadonlySet<string> }
  /** No verdict on the Pod: it is tried again after its back-off. */
  | { readonly kind: "error" };

const bucketMs = 1000;
const flushBackoffMs = 1000;
const flushUnschedulableMs = 30_000;

/** Stands for the plugins of a Pod that none turned down, because there was no node to look at. */
const anyEvent = "";

const uidOf = (pod: QueuedPod) => pod.info.uid;

/**
 * Pods without a node, each in exactly one place: ready (`active`), waiting out a back-off (`backoff`, or `errorBackoff`
 * after a failure that was no verdict), or waiting for the cluster to change (`unschedulable`, the gated ones included).
 * Between `pop` and `done` a Pod is in flight and in none of them.
 *
 * @see k8s.io/kubernetes v1.36.0 pkg/scheduler/backend/queue/scheduling_queue.go
 */
export class SchedulingQueue {
  readonly #options: SchedulingQueueOptions;
  readonly #clock: Clock;
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: Heap<QueuedPod>;
  readonly #errorBackoff: Heap<QueuedPod>;
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** How many of the unschedulable were turned down by each plugin: events nobody waits for cost nothing. */
  readonly #waitingOn = new Map<string, number>();
  readonly #inFlight = new InFlightEvents();
  readonly #waiters = new Set<() => void>();
  #sequence = 0;

  constructor(options: SchedulingQueueOptions) {
    this.#options = options;
    this.#clock = options.clock;
    const { less } = options;
    const bucket = (pod: QueuedPod) => Math.floor(pod.backoffUntilMs / bucketMs);
    const byExpiry = (a: QueuedPod, b: QueuedPod) => (bucket(a) === bucket(b) ? less(a, b) : bucket(a) < bucket(b));
    this.#active = new Heap({ key: uidOf, less });
    this.#backoff = new Heap({ key: uidOf, less: byExpiry });
    this.#errorBackoff = new Heap({ key: uidOf, less: byExpiry });
  }

  get counts(): { active: number; backoff: number; unschedulable: number } {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size + this.#errorBackoff.size,
      unschedulable: this.#unschedulable.size,
    };
  }

  /** Where a Pod is, for explanations. */
  placeOf(uid: string): "active" | "backoff" | "unschedulable" | undefined {
    if (this.#active.has(uid)) return "active";
    if (this.#backoff.has(uid) || this.#errorBackoff.has(uid)) return "backoff";
    return this.#unschedulable.has(uid) ? "unschedulable" : undefined;
  }

  /** A Pod seen for the first time. */
  add(info: PodInfo): void {
    const nowMs = this.#clock.monotonicMs();
    this.#admit({
      info,
      attempts: 0,
      consecutiveErrors: 0,
      queuedAtMs: nowMs,
      sequence: this.#sequence++,
      firstSeenMs: nowMs,
      backoffUntilMs: 0,
      unschedulablePlugins: new Set(),
      gatedBy: undefined,
    });
  }

  /** A Pod without a node has changed; a change of its status alone moves nothing. */
  update(info: PodInfo): void {
    for (const heap of [this.#active, this.#backoff, this.#errorBackoff]) {
      const queued = heap.get(info.uid);
      if (queued === undefined) continue;
      queued.info = info;
      heap.push(queued);
      return;
    }
    const waiting = this.#unschedulable.get(info.uid);
    if (waiting === undefined) return;
    const old = waiting.info;
    waiting.info = info;
    const changes = podChanges(old, info);
    if (changes === 0) return;
    const event: ClusterEvent = { resource: "UnscheduledPod", changes, old, current: info };
    if (waiting.gatedBy === undefined && !this.#isWorthRetrying(waiting, event)) return;
    this.#leaveUnschedulable(waiting);
    this.#requeue(waiting);
  }

  /** The Pod is gone, or has a node. */
  delete(uid: string): void {
    this.#active.delete(uid);
    this.#backoff.delete(uid);
    this.#errorBackoff.delete(uid);
    const waiting = this.#unschedulable.get(uid);
    if (waiting !== undefined) this.#leaveUnschedulable(waiting);
    this.#inFlight.end(uid);
  }

  /**
   * Takes the Pod that is next; it is in flight until `done`. With nothing ready, the first of those waiting out a
   * back-off is taken before its time, since the scheduler has nothing better to do.
   */
  pop(): QueuedPod | undefined {
    const pod = this.#active.pop() ?? this.#backoff.pop();
    if (pod === undefined) return undefined;
    pod.attempts++;
    this.#inFlight.begin(pod.info.uid);
    return pod;
  }

  /** Resolves when `pop` may have something; rejects with the signal's reason. */
  whenReady(options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#active.size + this.#backoff.size > 0) return resolve();
      const settle = () => {
        this.#waiters.delete(settle);
        signal.removeEventListener("abort", settle);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      this.#waiters.add(settle);
      signal.addEventListener("abort", settle, { once: true });
    });
  }

  /** The Pod in flight needs no more watching over: it has a node, or is gone. */
  done(uid: string): void {
    this.#inFlight.end(uid);
  }

  /** Ends the flight of a Pod that got no node. */
  addUnschedulable(pod: QueuedPod, failure: AttemptFailure): void {
    const { uid } = pod.info;
    if (this.placeOf(uid) !== undefined) return;
    const events = this.#inFlight.eventsFor(uid);
    this.#inFlight.end(uid);
    const nowMs = this.#clock.monotonicMs();
    pod.queuedAtMs = nowMs;
    if (failure.kind === "error") {
      pod.consecutiveErrors++;
      pod.unschedulablePlugins = new Set();
      pod.backoffUntilMs = nowMs + this.#backoffMs(pod.consecutiveErrors);
      this.#errorBackoff.push(pod);
      return;
    }
    pod.consecutiveErrors = 0;
    pod.unschedulablePlugins = failure.plugins;
    pod.backoffUntilMs = nowMs + this.#backoffMs(pod.attempts);
    if (events.some((event) => this.#isWorthRetrying(pod, event))) this.#requeue(pod);
    else this.#enterUnschedulable(pod);
  }

  /** Something changed in the cluster: Pods that may fit now are queued again. */
  moveAllOn(event: ClusterEvent): void {
    this.#inFlight.record(event);
    if (!this.#anyoneWaitsFor(event)) return;
    for (const pod of [...this.#unschedulable.values()]) {
      if (pod.gatedBy !== undefined || !this.#isWorthRetrying(pod, event)) continue;
      this.#leaveUnschedulable(pod);
      this.#requeue(pod);
    }
  }

  /** Lets back-offs end and long waits run out, until the signal is aborted. */
  async run(options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    let nextUnschedulableMs = this.#clock.monotonicMs() + flushUnschedulableMs;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(flushBackoffMs, { signal });
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      this.#flushBackoff();
      if (this.#clock.monotonicMs() < nextUnschedulableMs) continue;
      nextUnschedulableMs += flushUnschedulableMs;
      this.#flushUnschedulable();
    }
  }

  #flushBackoff(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let pod = heap.peek(); pod !== undefined && pod.backoffUntilMs <= nowMs; pod = heap.peek()) {
        heap.pop();
        this.#admit(pod);
      }
    }
  }

  #flushUnschedulable(): void {
    const { maxUnschedulableMs = 5 * 60_000 } = this.#options;
    const latestMs = this.#clock.monotonicMs() - maxUnschedulableMs;
    for (const pod of [...this.#unschedulable.values()]) {
      if (pod.gatedBy !== undefined || pod.queuedAtMs > latestMs) continue;
      this.#leaveUnschedulable(pod);
      this.#requeue(pod);
    }
  }

  /** Into the ready ones, or back to the gated. */
  #admit(pod: QueuedPod): void {
    pod.gatedBy = this.#options.preEnqueue(pod.info);
    if (pod.gatedBy !== undefined) {
      this.#enterUnschedulable(pod);
      return;
    }
    this.#active.push(pod);
    this.#wake();
  }

  #requeue(pod: QueuedPod): void {
    if (pod.backoffUntilMs > this.#clock.monotonicMs()) {
      this.#backoff.push(pod);
      this.#wake();
    } else {
      this.#admit(pod);
    }
  }

  #enterUnschedulable(pod: QueuedPod): void {
    this.#unschedulable.set(pod.info.uid, pod);
    this.#countWaiting(pod, 1);
  }

  #leaveUnschedulable(pod: QueuedPod): void {
    this.#unschedulable.delete(pod.info.uid);
    this.#countWaiting(pod, -1);
  }

  #countWaiting(pod: QueuedPod, sign: 1 | -1): void {
    if (pod.gatedBy !== undefined) return;
    const plugins = pod.unschedulablePlugins.size === 0 ? [anyEvent] : pod.unschedulablePlugins;
    for (const plugin of plugins) this.#waitingOn.set(plugin, (this.#waitingOn.get(plugin) ?? 0) + sign);
  }

  #anyoneWaitsFor(event: ClusterEvent): boolean {
    for (const [plugin, count] of this.#waitingOn) {
      if (count > 0 && (plugin === anyEvent || this.#hintsFor(plugin, event).length > 0)) return true;
    }
    return false;
  }

  #hintsFor(plugin: string, event: ClusterEvent): readonly QueueingHint[] {
    const hints = this.#options.hints.get(plugin) ?? [];
    return hints.filter((hint) => hint.resource === event.resource && (hint.changes & event.changes) !== 0);
  }

  #isWorthRetrying(pod: QueuedPod, event: ClusterEvent): boolean {
    if (pod.unschedulablePlugins.size === 0) return true;
    for (const plugin of pod.unschedulablePlugins) {
      for (const { isWorthRetrying } of this.#hintsFor(plugin, event)) {
        if (isWorthRetrying === undefined || isWorthRetrying(pod.info, event)) return true;
      }
    }
    return false;
  }

  #backoffMs(failures: number): number {
    const { initialBackoffMs = 1000, maxBackoffMs = 10_000 } = this.#options;
    if (failures === 0) return 0;
    return Math.min(initialBackoffMs * 2 ** Math.min(failures - 1, 30), maxBackoffMs);
  }

  #wake(): void {
    for (const settle of [...this.#waiters]) settle();
  }
}

/** The event that a Pod which held room on a node is gone. */
export function podFreed(old: PodInfo): ClusterEvent {
  return { resource: "AssignedPod", changes: change.delete, old };
}

import { pods } from "../api/core/v1/pod.ts";
import type { Pod } from "../api/generated/types.ts";
import { isDeleting } from "../api/meta.ts";
import { referenceTo } from "../api/object-reference.ts";
import type { EventRecorder } from "../client/event-recorder.ts";
import type { Lister } from "../client/informer.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { nextTurn } from "../component-base/next-turn.ts";
import { type BindFailure, isOvertaken, runBindingCycle, unreserve } from "./binding-cycle.ts";
import type { SchedulerCache } from "./cache.ts";
import type { DecisionRecords } from "./decision-records.ts";
import { type Diagnosis, fitErrorMessage, unschedulablePlugins } from "./diagnosis.ts";
import type { NodeFilter } from "./framework.ts";
import type { NodeTable } from "./node-table.ts";
import type { Nominator } from "./nominator.ts";
import type { PodInfo } from "./pod-info.ts";
import { podInfo } from "./pod-info.ts";
import type { PodStatusWriter, PodVerdict } from "./pod-status-writer.ts";
import type { Framework } from "./profile.ts";
import type { QueuedPod } from "./queued-pod.ts";
import { createPodScheduler, type PodScheduler } from "./schedule-pod.ts";
import { type AttemptFailure, podFreed, type SchedulingQueue } from "./scheduling-queue.ts";
import { Slots } from "./slots.ts";

export interface SchedulerDeps {
  /** One per profile; all share the queue's order. */
  readonly frameworks: readonly Framework[];
  readonly nodes: NodeTable;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  readonly podLister: Pick<Lister<Pod>, "get">;
  readonly events: Pick<EventRecorder, "event">;
  readonly statusWriter: Pick<PodStatusWriter, "write">;
  readonly records: DecisionRecords;
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Binding cycles at once. */
  readonly maxBindings: number;
}

/** Decisions are made this long without letting anything else of the process run. */
const turnMs = 5;

interface ProfileRun {
  readonly framework: Framework;
  readonly podScheduler: PodScheduler;
}

/**
 * Takes Pods from the queue one at a time, decides, and has the decision carried out in the background.
 * @see k8s.io/kubernetes v1.36.0 pkg/scheduler/schedule_one.go
 */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #profiles: ReadonlyMap<string, ProfileRun>;
  readonly #bindings: Slots;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#bindings = new Slots(deps.maxBindings);
    this.#profiles = new Map(
      deps.frameworks.map((framework) => {
        const podScheduler = createPodScheduler({ framework, ...deps });
        return [framework.schedulerName, { framework, podScheduler }];
      }),
    );
  }

  /** Schedules until the signal is aborted; then waits for the binding cycles that are under way. */
  async run(options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    const { queue, clock } = this.#deps;
    while (!signal.aborted) {
      try {
        await queue.whenReady({ signal });
        if (this.#bindings.isFull) await this.#bindings.whenFree({ signal });
      } catch (error) {
        if (signal.aborted) break;
        throw error;
      }
      const turnEndsMs = clock.monotonicMs() + turnMs;
      while (!signal.aborted && !this.#bindings.isFull && clock.monotonicMs() < turnEndsMs) {
        const pod = queue.pop();
        if (pod === undefined) break;
        this.#scheduleOne(pod, signal);
      }
      // Answers and watch events are waiting: they go before the next decisions.
      await nextTurn();
    }
    await this.#bindings.whenIdle();
  }

  #scheduleOne(pod: QueuedPod, signal: AbortSignal): void {
    const { queue, cache, log } = this.#deps;
    const { info } = pod;
    const profile = this.#profiles.get(info.schedulerName);
    if (profile === undefined || cache.isAssumed(info.uid)) {
      queue.done(info.uid);
      return;
    }
    if (isDeleting(info.pod)) {
      queue.done(info.uid);
      this.#recordFailure(info.pod, `skip schedule deleting pod: ${info.key}`);
      return;
    }
    try {
      this.#decide(pod, profile, signal);
    } catch (error) {
      log.error({ namespace: info.namespace, name: info.name, err: error }, "a plugin failed");
      const message = error instanceof Error ? error.message : String(error);
      this.#fail(pod, { kind: "error" }, { reason: "SchedulerError", message });
    }
  }

  #decide(pod: QueuedPod, { framework, podScheduler }: ProfileRun, signal: AbortSignal): void {
    const { cache, nodes, records, clock } = this.#deps;
    const { info } = pod;
    const startedMs = clock.monotonicMs();
    const decision = podScheduler.schedule(info);
    const attempt = {
      namespace: info.namespace,
      name: info.name,
      uid: info.uid,
      attempt: pod.attempts,
      atMs: clock.now(),
      durationMs: clock.monotonicMs() - startedMs,
    };
    if (decision.kind === "unschedulable") {
      const { diagnosis, filters } = decision;
      const { message, nomination } = this.#postFilter(framework, { pod: info, diagnosis, filters });
      const text = fitErrorMessage(diagnosis, message);
      records.unschedulable(attempt, nodes.names, diagnosis, text);
      const plugins = unschedulablePlugins(diagnosis);
      this.#fail(pod, { kind: "unschedulable", plugins }, { reason: "Unschedulable", message: text, ...nomination });
      return;
    }
    const { nodeName, evaluated, feasible, scoring } = decision;
    records.placed(attempt, nodes.names, { nodeName, evaluated, feasible, scoring });
    this.#reserveAndBind(pod, { nodeName, framework, signal, cache });
  }

  #reserveAndBind(
    pod: QueuedPod,
    options: { nodeName: string; framework: Framework; signal: AbortSignal; cache: SchedulerCache },
  ): void {
    const { nodeName, framework, signal, cache } = options;
    const { queue, nominator } = this.#deps;
    const { info } = pod;
    cache.assume(info, nodeName);
    for (const plugin of framework.reservers) {
      const rejected = plugin.reserve?.(info, nodeName);
      if (rejected === undefined) continue;
      unreserve(framework, { pod: info, nodeName });
      cache.forget(info.uid);
      const failure: AttemptFailure = { kind: "unschedulable", plugins: new Set([rejected.plugin]) };
      this.#fail(pod, failure, { reason: "Unschedulable", message: rejected.reasons.join(", ") });
      queue.moveAllOn(podFreed(info));
      return;
    }
    nominator.delete(info.uid);
    const deps = {
      cache,
      queue,
      signal,
      onBound: (bound: QueuedPod) => this.#recordScheduled(bound.info, nodeName),
      onFailed: (failed: QueuedPod, failure: BindFailure) => this.#bindingFailed(failed, failure),
    };
    void this.#bindings.run(() => runBindingCycle(pod, { nodeName, framework, deps }));
  }

  /** What comes of asking the PostFilter plugins: the promise of a node, or what they have to say. */
  #postFilter(
    framework: Framework,
    failed: { pod: PodInfo; diagnosis: Diagnosis; filters: readonly NodeFilter[] },
  ): { message: string; nomination: Pick<PodVerdict, "nominatedNodeName"> } {
    const { nodes, nominator } = this.#deps;
    const { pod, diagnosis, filters } = failed;
    const messages: string[] = [];
    let nomination: Pick<PodVerdict, "nominatedNodeName"> = {};
    if (diagnosis.totalNodes === 0) return { message: "", nomination };
    for (const plugin of framework.postFilters) {
      const result = plugin.postFilter({ pod, diagnosis, nodes, filters, nominator });
      if (result.kind === "nominated") return { message: "", nomination: { nominatedNodeName: result.nodeName } };
      if (result.message !== "") messages.push(result.message);
      if (result.withdraw) nomination = { nominatedNodeName: "" };
    }
    return { message: messages.join(", "), nomination };
  }

  #bindingFailed(pod: QueuedPod, failure: BindFailure): void {
    const { info } = pod;
    const { log, queue } = this.#deps;
    log.warn({ namespace: info.namespace, name: info.name, err: failure.message }, "binding failed");
    if (isOvertaken(failure)) {
      queue.done(info.uid);
    } else if (failure.kind === "rejected") {
      const plugins = new Set([failure.plugin]);
      this.#fail(pod, { kind: "unschedulable", plugins }, { reason: "Unschedulable", message: failure.message });
    } else {
      this.#fail(pod, { kind: "error" }, { reason: "SchedulerError", message: failure.message });
    }
  }

  /** Queues the Pod again, unless it has gone or got a node meanwhile, and tells the world why it has none. */
  #fail(pod: QueuedPod, failure: AttemptFailure, verdict: PodVerdict): void {
    const { queue, nominator, podLister, statusWriter } = this.#deps;
    const { uid } = pod.info;
    const current = podLister.get(pod.info);
    if (current === undefined || current.metadata?.uid !== uid || current.spec?.nodeName) {
      queue.done(uid);
      return;
    }
    if (current !== pod.info.pod) pod.info = podInfo(current);
    if (verdict.nominatedNodeName !== undefined) nominator.set(pod.info, verdict.nominatedNodeName);
    queue.addUnschedulable(pod, failure);
    this.#recordFailure(current, verdict.message);
    statusWriter.write(current, verdict);
  }

  #recordFailure(pod: Readonly<Pod>, message: string): void {
    this.#deps.events.event(referenceTo(pods, pod), {
      type: "Warning",
      reason: "FailedScheduling",
      action: "Scheduling",
      message,
    });
  }

  #recordScheduled(info: PodInfo, nodeName: string): void {
    this.#deps.events.event(referenceTo(pods, info.pod), {
      type: "Normal",
      reason: "Scheduled",
      action: "Binding",
      message: `Successfully assigned ${info.key} to ${nodeName}`,
    });
  }
}

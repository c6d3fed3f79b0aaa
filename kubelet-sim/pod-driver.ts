import { nodes } from "../api/core/v1/node.ts";
import { pods } from "../api/core/v1/pod.ts";
import type { Node, Pod } from "../api/generated/types.ts";
import { keyOf, uidOf } from "../api/meta.ts";
import { referenceTo } from "../api/object-reference.ts";
import { StatusError } from "../api/status.ts";
import type { CoreEventRecorders } from "../client/core-event-recorder.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type Clock, type Timer, timestamp } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { NodeAdmission, type Refusal } from "./node-admission.ts";
import type { PodIps } from "./pod-ips.ts";
import { isTerminalPhase } from "./pod-phase.ts";
import { containerStates, podStatus, refusedPatch, statusPatch } from "./pod-status.ts";
import type { PodEvent } from "./pod-transitions.ts";
import { planStage, type Stage } from "./stage.ts";
import { templateFunctions } from "./template-functions.ts";

/** What a pod needs to know of the node it is on. */
export interface PodHost {
  readonly name: string;
  readonly ip: string;
  readonly podCidr: string | undefined;
  /** Images that are on the node; the driver adds to it. */
  readonly images: Set<string>;
  /** As last seen. */
  readonly node: Node;
}

export interface PodDriverDeps {
  readonly client: Pick<RestClient, "get" | "patch" | "delete">;
  readonly recorders: CoreEventRecorders;
  readonly stages: readonly Stage[];
  readonly ips: PodIps;
  /** The node if it is one of ours. */
  readonly host: (nodeName: string) => PodHost | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Entry {
  /** The newest state we know: from the watch, or from the answer to our own write. */
  pod: Pod;
  busy: boolean;
  removed: boolean;
  failures: number;
  timer: Timer | undefined;
  /** The stages that match now, and since when they have. */
  entered: Map<Stage, number>;
}

/**
 * Moves pods through their stages: at most one write per pod at a time, the next step computed from the answer to the last,
 * so that a pod runs two round trips after it has been bound. Nothing is remembered that the API does not say, but for the
 * moments at which waits shorter than a timestamp's second began.
 */
export class PodDriver {
  readonly #deps: PodDriverDeps;
  readonly #signal: AbortSignal;
  readonly #entries = new Map<string, Entry>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #admission = new NodeAdmission();
  #started = false;

  /** @param options.signal - aborted: no further writes */
  constructor(deps: PodDriverDeps, options: { signal: AbortSignal }) {
    this.#deps = deps;
    this.#signal = options.signal;
  }

  /** Every pod that exists has been observed, and so no address can be given away twice: begin. */
  start(): void {
    this.#started = true;
    for (const entry of this.#inOrderOfAge()) this.#wake(entry);
  }

  /** The node has become ours, or has got its address range. */
  hostReady(nodeName: string): void {
    if (!this.#started) return;
    for (const entry of this.#inOrderOfAge()) if (entry.pod.spec?.nodeName === nodeName) this.#wake(entry);
  }

  /** Resolves when no write is in flight. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  observe(pod: Pod): void {
    const uid = uidOf(pod);
    const podIp = pod.status?.podIP;
    const host = this.#deps.host(pod.spec?.nodeName ?? "");
    if (podIp !== undefined && pod.spec?.hostNetwork !== true) this.#deps.ips.occupy(uid, podIp, host?.podCidr);
    this.#account(pod);
    const entry = this.#entries.get(uid);
    if (entry === undefined) {
      const fresh = { pod, busy: false, removed: false, failures: 0, timer: undefined, entered: new Map() };
      this.#entries.set(uid, fresh);
      if (this.#started) this.#wake(fresh);
    } else if (isNewer(pod, entry.pod)) {
      entry.pod = pod;
      entry.failures = 0;
      if (this.#started) this.#wake(entry);
    }
  }

  forget(pod: Pod): void {
    const uid = uidOf(pod);
    const entry = this.#entries.get(uid);
    if (entry !== undefined) {
      entry.removed = true;
      entry.timer?.cancel();
      this.#entries.delete(uid);
    }
    this.#deps.ips.release(uid);
    this.#admission.release(uid);
  }

  /** Pods that have waited together are taken in by age. */
  #inOrderOfAge(): Entry[] {
    const created = ({ pod }: Entry) => pod.metadata?.creationTimestamp ?? "";
    return [...this.#entries.values()].sort((a, b) => (created(a) < created(b) ? -1 : created(a) > created(b) ? 1 : 0));
  }

  /** What a pod that its node has taken in holds of it. */
  #account(pod: Pod): void {
    if (isTerminalPhase(pod.status?.phase)) this.#admission.release(uidOf(pod));
    else if (pod.status?.containerStatuses !== undefined) this.#admission.occupy(pod);
  }

  #wake(entry: Entry): void {
    if (entry.busy || entry.removed || this.#signal.aborted) return;
    const host = this.#deps.host(entry.pod.spec?.nodeName ?? "");
    if (host === undefined) return;
    entry.timer?.cancel();
    entry.timer = undefined;
    entry.busy = true;
    const run = this.#drive(entry, host).finally(() => {
      entry.busy = false;
      this.#inFlight.delete(run);
    });
    this.#inFlight.add(run);
  }

  /** Takes every step that is due, then sets a timer for the next. */
  async #drive(entry: Entry, host: PodHost): Promise<void> {
    const { clock, log } = this.#deps;
    try {
      while (!entry.removed && !this.#signal.aborted) {
        const planned = this.#plan(entry);
        const nowMs = clock.now();
        if (planned !== undefined && planned.dueMs <= nowMs) {
          if (!(await this.#perform(entry, host, planned.stage))) return;
          entry.failures = 0;
          continue;
        }
        await this.#refresh(entry, host);
        if (planned !== undefined && !entry.removed) this.#wakeAfter(entry, planned.dueMs - nowMs);
        return;
      }
    } catch (err) {
      if (this.#signal.aborted || entry.removed) return;
      const { namespace, name } = keyOf(entry.pod);
      if (err instanceof StatusError && (err.code === 404 || err.code === 409)) {
        log.debug({ namespace, name, err }, "the pod is gone or is another one now");
        return;
      }
      log.warn({ namespace, name, err }, "a pod's step failed; trying again");
      this.#wakeAfter(entry, Math.min(1000 * 2 ** entry.failures++, 60_000));
    }
  }

  #wakeAfter(entry: Entry, delayMs: number): void {
    entry.timer?.cancel();
    entry.timer = this.#deps.clock.setTimer(Math.max(delayMs, 1), () => this.#wake(entry));
  }

  #plan(entry: Entry) {
    const nowMs = this.#deps.clock.now();
    const entered = new Map<Stage, number>();
    const planned = planStage(this.#deps.stages, entry.pod, {
      nowMs,
      enteredMs: (stage) => {
        const since = stage.next.kind === "transition" ? stage.next.transition.since(entry.pod) : undefined;
        const sinceMs = since === undefined ? nowMs : Date.parse(since);
        // Timestamps have whole seconds: what began within the last one began when we first saw it.
        const ms = entry.entered.get(stage) ?? (nowMs - sinceMs < 1000 ? nowMs : sinceMs);
        entered.set(stage, ms);
        return ms;
      },
    });
    entry.entered = entered;
    return planned;
  }

  /** False if the step leads nowhere, so that it must not be tried again at once. */
  async #perform(entry: Entry, host: PodHost, stage: Stage): Promise<boolean> {
    entry.entered.clear();
    return stage.next.kind === "transition"
      ? await this.#transit(entry, host, stage.next)
      : await this.#render(entry, host, stage.next);
  }

  async #transit(entry: Entry, host: PodHost, next: Extract<Stage["next"], { kind: "transition" }>): Promise<boolean> {
    const { pod } = entry;
    const now = timestamp(this.#deps.clock);
    const { reason, message } = next;
    if (next.transition.admits === true) {
      const refusal = await this.#admit(entry, host);
      if (refusal !== undefined) {
        this.#record(pod, host, { type: "Warning", ...refusal });
        return await this.#patch(entry, refusedPatch(pod, refusal, now));
      }
    }
    const outcome = next.transition.apply({
      pod,
      now,
      podIp: () => this.#podIp(pod, host),
      pullImage: (image) => {
        if (host.images.has(image)) return "present";
        host.images.add(image);
        return "pulled";
      },
      exit: {
        exitCode: next.exitCode(pod),
        ...(reason !== undefined && { reason }),
        ...(message !== undefined && { message }),
      },
    });
    for (const event of outcome.events) this.#record(pod, host, event);
    if (outcome.remove === true) {
      await this.#remove(entry);
      return false;
    }
    return await this.#patch(entry, statusPatch(pod, podStatus(pod, outcome.states, { hostIp: host.ip, now })));
  }

  /** Takes the pod in, or tells why not; what was last seen of the node may be too old to refuse a pod for. */
  async #admit(entry: Entry, host: PodHost): Promise<Refusal | undefined> {
    const { pod } = entry;
    if (this.#admission.refusal(pod, host.node) !== undefined) {
      const node = await this.#deps.client.get(nodes, { namespace: "", name: host.name }, { signal: this.#signal });
      const refusal = this.#admission.refusal(pod, node);
      if (refusal !== undefined) return refusal;
    }
    // It may have gone meanwhile.
    if (!entry.removed) this.#admission.occupy(pod);
    return undefined;
  }

  async #render(entry: Entry, host: PodHost, next: Extract<Stage["next"], { kind: "template" }>): Promise<boolean> {
    const { pod } = entry;
    if (next.event !== undefined) this.#record(pod, host, next.event);
    if (next.emptyFinalizers && (pod.metadata?.finalizers?.length ?? 0) > 0) {
      const body = { metadata: { uid: pod.metadata?.uid, finalizers: null } };
      entry.pod = await this.#deps.client.patch(pods, keyOf(pod), { type: "merge", body }, this.#call(pod));
    }
    if (next.delete) {
      await this.#remove(entry);
      return false;
    }
    if (next.statusTemplate === undefined) return false;
    const functions = templateFunctions({
      clock: this.#deps.clock,
      host: this.#deps.host,
      podIp: (nodeName) => this.#podIp(pod, this.#deps.host(nodeName) ?? host),
    });
    const status = { ...pod.status, ...next.statusTemplate(pod, functions) };
    return await this.#patch(entry, statusPatch(pod, status));
  }

  /** Other writers may have changed what the status follows from: readiness gates, a node that was thought dead. */
  async #refresh(entry: Entry, host: PodHost): Promise<void> {
    const { pod } = entry;
    if (pod.status?.containerStatuses === undefined || !this.#usesTransitions) return;
    const now = timestamp(this.#deps.clock);
    await this.#patch(entry, statusPatch(pod, podStatus(pod, containerStates(pod), { hostIp: host.ip, now })));
  }

  get #usesTransitions(): boolean {
    return this.#deps.stages.some(({ next }) => next.kind === "transition");
  }

  async #patch(entry: Entry, body: Record<string, unknown> | undefined): Promise<boolean> {
    if (body === undefined) return false;
    const { pod } = entry;
    const answer = await this.#deps.client.patch(
      pods,
      keyOf(pod),
      { type: "strategic", body },
      { ...this.#call(pod), subresource: "status" },
    );
    // The watch may have been faster than the answer.
    if (isNewer(answer, entry.pod)) {
      entry.pod = answer;
      if (!entry.removed) this.#account(answer);
    }
    return true;
  }

  async #remove(entry: Entry): Promise<void> {
    const { pod } = entry;
    const uid = uidOf(pod);
    await this.#deps.client.delete(pods, keyOf(pod), {
      ...this.#call(pod),
      gracePeriodSeconds: 0,
      preconditions: { uid },
    });
  }

  #podIp(pod: Pod, host: PodHost): string | undefined {
    if (pod.spec?.hostNetwork === true) return host.ip;
    return pod.status?.podIP ?? this.#deps.ips.allocate(uidOf(pod), host.podCidr);
  }

  #record(pod: Pod, host: PodHost, event: PodEvent): void {
    const regarding = referenceTo(pods, pod, event.fieldPath);
    this.#deps.recorders.event({ component: "kubelet", host: host.name }, regarding, event);
  }

  #call(pod: Pod): { signal: AbortSignal; seenRevision: string } {
    return { signal: this.#signal, seenRevision: pod.metadata?.resourceVersion ?? "" };
  }
}

/** Revisions are decimal numbers without leading zeros. */
function isNewer(a: Pod, b: Pod): boolean {
  const left = a.metadata?.resourceVersion ?? "";
  const right = b.metadata?.resourceVersion ?? "";
  return left.length === right.length ? left > right : left.length > right.length;
}

import { isDeepStrictEqual } from "node:util";
import { pods } from "../../api/core/v1/pod.ts";
import type { Node, Pod } from "../../api/generated/types.ts";
import { nameOf, uidOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { CoreEventRecorders } from "../../client/core-event-recorder.ts";
import type { Lister } from "../../client/informer.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import type { ProcessTable } from "../../component-base/process-table.ts";
import type { ControlPlaneNodeConfig } from "./config.ts";
import { mirrorAnnotation, mirrorNamespace, mirrorPod, type StaticPod, staticPod } from "./mirror-pod.ts";
import { type EarlierLife, mirrorStatus } from "./mirror-status.ts";

export interface MirrorPodsDeps {
  readonly client: Pick<RestClient, "create" | "patch" | "delete">;
  readonly processes: ProcessTable;
  /** The Pods on the node, as the API shows them. */
  readonly seen: Lister<Pod>;
  /** The node, once it is registered. */
  readonly node: () => Readonly<Node> | undefined;
  readonly recorders: Pick<CoreEventRecorders, "event">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks again after this time even if nothing seems to have changed. */
const resyncMs = 10_000;
const retryMs = 1_000;

/**
 * Shows processes as mirror Pods: makes those that are missing, replaces those that say something else or are being deleted,
 * and reports how the processes are. It only shows: whatever is done to a Pod, its process goes on.
 */
export class MirrorPods {
  readonly #config: ControlPlaneNodeConfig & { readonly nodeName: string; readonly hostIp: string };
  readonly #deps: MirrorPodsDeps;
  readonly #firstSeen = new Map<string, string>();
  readonly #earlierLives = new Map<string, EarlierLife>();
  /** What was last reported of a container, for events. */
  readonly #told = new Map<string, string>();
  #wake: () => void = () => undefined;
  #dirty = true;

  constructor(
    config: ControlPlaneNodeConfig & { readonly nodeName: string; readonly hostIp: string },
    deps: MirrorPodsDeps,
  ) {
    this.#config = config;
    this.#deps = deps;
  }

  /** Something may have changed: a process, a Pod, the node. */
  notice(): void {
    this.#dirty = true;
    this.#wake();
  }

  /** The process that a Pod shows. */
  find(podName: string): StaticPod | undefined {
    return this.#wanted().find((pod) => pod.name === podName);
  }

  isMirror(pod: Readonly<Pod>): boolean {
    return pod.metadata?.namespace === mirrorNamespace && pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
  }

  /** Until the signal is aborted. */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    const { processes, clock, log } = this.#deps;
    const unsubscribe = processes.onChange(() => this.notice());
    try {
      while (!signal.aborted) {
        this.#dirty = false;
        let pauseMs = resyncMs;
        try {
          await this.#sync(signal);
        } catch (err) {
          if (signal.aborted) break;
          log.debug({ err }, "the control plane's Pods could not be brought up to date");
          pauseMs = retryMs;
        }
        if (!this.#dirty || pauseMs === retryMs) await this.#pause(pauseMs, signal, clock);
      }
    } finally {
      unsubscribe();
    }
  }

  async #pause(pauseMs: number, signal: AbortSignal, clock: Clock): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(pauseMs, resolve);
      const end = () => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
      // A failure is not tried again before its time, whatever happens meanwhile.
      this.#wake = pauseMs === retryMs ? () => undefined : end;
    });
    this.#wake = () => undefined;
  }

  #wanted(): StaticPod[] {
    const { processes } = this.#deps;
    return processes.list().flatMap((process) => staticPod(process, this.#config.nodeName, this.#config) ?? []);
  }

  async #sync(signal: AbortSignal): Promise<void> {
    const node = this.#deps.node();
    const wanted = this.#wanted();
    for (const pod of wanted) await this.#syncOne(pod, node, signal);
    const names = new Set(wanted.map(({ name }) => name));
    for (const pod of this.#deps.seen.list(mirrorNamespace)) {
      if (this.isMirror(pod) && !names.has(nameOf(pod))) await this.#remove(pod, signal);
    }
  }

  /** Without a node those that are there are kept up to date, and none is made. */
  async #syncOne(pod: StaticPod, node: Readonly<Node> | undefined, signal: AbortSignal): Promise<void> {
    const { seen, clock } = this.#deps;
    const existing = seen.get({ namespace: mirrorNamespace, name: pod.name });
    const isCurrent =
      existing?.metadata?.annotations?.[mirrorAnnotation] === pod.hash &&
      existing.metadata.deletionTimestamp === undefined &&
      (node === undefined || existing.metadata.ownerReferences?.[0]?.uid === uidOf(node));
    if (existing !== undefined && !isCurrent) {
      // The watch brings its end, and then a new one is made.
      await this.#remove(existing, signal);
      return;
    }
    const current = existing ?? (node && (await this.#make(pod, node, signal)));
    if (current === undefined) return;
    const facts = {
      hostIp: this.#config.hostIp,
      nowMs: clock.now(),
      earlier: this.#earlierLife(pod, current),
    };
    const status = mirrorStatus(pod, current, facts);
    this.#tell(pod);
    if (covers(current.status, status)) return;
    const body = { metadata: { uid: uidOf(current) }, status };
    await this.#deps.client.patch(
      pods,
      { namespace: mirrorNamespace, name: pod.name },
      { type: "merge", body },
      { signal, subresource: "status" },
    );
  }

  async #make(pod: StaticPod, node: Readonly<Node>, signal: AbortSignal): Promise<Pod | undefined> {
    const { client, clock } = this.#deps;
    const seen = this.#firstSeen.get(pod.name) ?? new Date(clock.now()).toISOString().replace("Z", "000000Z");
    this.#firstSeen.set(pod.name, seen);
    try {
      return await client.create(pods, mirrorPod(pod, node, seen), { signal });
    } catch (error) {
      // The watch is behind, and will bring it.
      if (error instanceof StatusError && error.reason === "AlreadyExists") return undefined;
      throw error;
    }
  }

  async #remove(pod: Readonly<Pod>, signal: AbortSignal): Promise<void> {
    const options = { signal, gracePeriodSeconds: 0, preconditions: { uid: uidOf(pod) } };
    try {
      await this.#deps.client.delete(pods, { namespace: mirrorNamespace, name: nameOf(pod) }, options);
    } catch (error) {
      if (!(error instanceof StatusError && (error.code === 404 || error.code === 409))) throw error;
    }
  }

  /** A Pod that is found from before this start tells of runs that nobody here remembers: this start is one restart more. */
  #earlierLife(pod: StaticPod, existing: Readonly<Pod>): EarlierLife {
    const known = this.#earlierLives.get(pod.name);
    if (known !== undefined) return known;
    const status = existing.status?.containerStatuses?.[0];
    const startedAt = `${new Date(pod.process.startedAtMs).toISOString().slice(0, 19)}Z`;
    const before = status?.state?.running?.startedAt;
    const life: EarlierLife =
      status === undefined || before === startedAt
        ? { restarts: 0, lastState: {} }
        : {
            restarts: status.restartCount + 1,
            lastState: before ? unknownEnd(before, startedAt) : (status.lastState ?? {}),
          };
    this.#earlierLives.set(pod.name, life);
    return life;
  }

  /** Events as the kubelet's: once for each start and each end of a container. */
  #tell(pod: StaticPod): void {
    const { process, role, hash, name } = pod;
    const told = `${process.state} ${process.startedAtMs}`;
    if (this.#told.get(name) === told) return;
    this.#told.set(name, told);
    // A static Pod's events name it by its hash, and kubectl looks for them there.
    const regarding = {
      apiVersion: "v1",
      kind: "Pod",
      namespace: mirrorNamespace,
      name,
      uid: hash,
      fieldPath: `spec.containers{${role.name}}`,
    };
    const source = { component: "kubelet", host: this.#config.nodeName };
    const say = (type: "Normal" | "Warning", reason: string, message: string) =>
      this.#deps.recorders.event(source, regarding, { type, reason, message });
    if (process.state === "running") {
      say("Normal", "Created", `Container created`);
      say("Normal", "Started", `Container started`);
    } else {
      say(
        "Warning",
        "BackOff",
        `Back-off restarting failed container ${role.name} in pod ${name}_${mirrorNamespace}(${hash})`,
      );
    }
  }
}

/** As the kubelet tells it of a container that it finds gone after the machine was away. */
const unknownEnd = (startedAt: string, finishedAt: string) => ({
  terminated: { exitCode: 255, reason: "Unknown", startedAt, finishedAt },
});

/** Whether all that is wanted is there; what others have added does not count. */
function covers(existing: unknown, wanted: object): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    isDeepStrictEqual((existing as Record<string, unknown> | undefined)?.[key], value),
  );
}

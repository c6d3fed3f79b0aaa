import { pods } from "../api/core/v1/pod.ts";
import type { Pod, PodCondition } from "../api/generated/types.ts";
import { keyOf, uidOf } from "../api/meta.ts";
import { StatusError } from "../api/status.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type Clock, timestamp } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";

/** What a failed attempt says about a Pod. */
export interface PodVerdict {
  readonly reason: "Unschedulable" | "SchedulerError";
  readonly message: string;
  /** The node promised by preemption; `""` withdraws the promise, absent leaves it as it is. */
  readonly nominatedNodeName?: string;
}

export interface PodStatusWriterDeps {
  readonly client: Pick<RestClient, "patch">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly seenRevision: () => string;
}

interface Pending {
  readonly pod: Readonly<Pod>;
  readonly verdict: PodVerdict;
}

/**
 * Writes the PodScheduled condition of Pods that got no node: one PATCH at a time per Pod, the newest verdict wins, and
 * none when the Pod says so already.
 */
export class PodStatusWriter {
  readonly #deps: PodStatusWriterDeps;
  /** Pods with a write in flight, and what is to be written after it. */
  readonly #writing = new Map<string, Pending | undefined>();

  constructor(deps: PodStatusWriterDeps) {
    this.#deps = deps;
  }

  write(pod: Readonly<Pod>, verdict: PodVerdict): void {
    const uid = uidOf(pod);
    if (this.#writing.has(uid)) {
      this.#writing.set(uid, { pod, verdict });
      return;
    }
    const patch = statusPatch(pod, verdict, this.#deps.clock);
    if (patch === undefined) return;
    this.#writing.set(uid, undefined);
    void this.#send(uid, pod, patch);
  }

  async #send(uid: string, pod: Readonly<Pod>, body: object): Promise<void> {
    const { client, log, signal } = this.#deps;
    try {
      const options = { subresource: "status", signal, seenRevision: this.#deps.seenRevision() };
      await client.patch(pods, keyOf(pod), { type: "strategic", body }, options);
    } catch (err) {
      const gone = err instanceof StatusError && err.code === 404;
      if (!gone && !signal.aborted) {
        log.warn({ ...keyOf(pod), err }, "cannot write the pod's condition");
      }
    }
    const next = this.#writing.get(uid);
    this.#writing.delete(uid);
    if (next !== undefined && !signal.aborted) this.write(next.pod, next.verdict);
  }
}

/** The change of `status` that a verdict makes; undefined when it makes none. */
export function statusPatch(pod: Readonly<Pod>, verdict: PodVerdict, clock: Clock): object | undefined {
  const { reason, message, nominatedNodeName } = verdict;
  const known = pod.status?.conditions?.find((condition) => condition.type === "PodScheduled");
  const conditionChanges = known?.status !== "False" || known.reason !== reason || known.message !== message;
  const nominationChanges =
    nominatedNodeName !== undefined && nominatedNodeName !== (pod.status?.nominatedNodeName ?? "");
  if (!conditionChanges && !nominationChanges) return undefined;
  const generation = pod.metadata?.generation;
  const condition: PodCondition = {
    type: "PodScheduled",
    status: "False",
    reason,
    message,
    ...(known?.status !== "False" && { lastTransitionTime: timestamp(clock) }),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  return {
    status: {
      ...(conditionChanges && { conditions: [condition] }),
      ...(nominationChanges && { nominatedNodeName: nominatedNodeName === "" ? null : nominatedNodeName }),
    },
  };
}

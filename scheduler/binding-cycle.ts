import { StatusError } from "../api/status.ts";
import type { SchedulerCache } from "./cache.ts";
import type { BindContext } from "./framework.ts";
import type { Framework } from "./profile.ts";
import type { QueuedPod } from "./queued-pod.ts";
import { podFreed, type SchedulingQueue } from "./scheduling-queue.ts";

/** Why a Pod that had been given a node was not bound to it. */
export type BindFailure =
  /** A plugin refused after the decision. */
  | { readonly kind: "rejected"; readonly plugin: string; readonly message: string }
  | { readonly kind: "error"; readonly message: string; readonly error: unknown };

export interface BindingCycleDeps {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly signal: AbortSignal;
  readonly onBound: (pod: QueuedPod, nodeName: string) => void;
  readonly onFailed: (pod: QueuedPod, failure: BindFailure) => void;
}

/**
 * Carries a decision out, beside other Pods' binding cycles: WaitOnPermit, PreBind, Bind, PostBind. When it fails the
 * node's room is given back, and others are told.
 */
export async function runBindingCycle(
  pod: QueuedPod,
  options: { readonly nodeName: string; readonly framework: Framework; readonly deps: BindingCycleDeps },
): Promise<void> {
  const { nodeName, framework, deps } = options;
  const { cache, queue, signal } = deps;
  const context: BindContext = { pod: pod.info, nodeName, signal };
  const failure = await carryOut(context, framework, () => queue.done(pod.info.uid));
  if (failure === undefined) {
    deps.onBound(pod, nodeName);
    for (const plugin of framework.postBinders) plugin.postBind(context);
    return;
  }
  unreserve(framework, context);
  if (cache.forget(pod.info.uid)) queue.moveAllOn(podFreed(pod.info));
  if (!signal.aborted) deps.onFailed(pod, failure);
}

/** Takes back what plugins reserved, in reverse order. */
export function unreserve(framework: Framework, { pod, nodeName }: Pick<BindContext, "pod" | "nodeName">): void {
  for (const plugin of framework.reservers.toReversed()) plugin.unreserve?.(pod, nodeName);
}

async function carryOut(
  context: BindContext,
  framework: Framework,
  settled: () => void,
): Promise<BindFailure | undefined> {
  let step = "";
  try {
    for (const plugin of framework.permits) {
      step = `running Permit plugin "${plugin.name}"`;
      const rejected = await plugin.permit(context);
      if (rejected !== undefined) {
        return { kind: "rejected", plugin: rejected.plugin, message: rejected.reasons.join(", ") };
      }
    }
    settled();
    for (const plugin of framework.preBinders) {
      step = `running PreBind plugin "${plugin.name}"`;
      await plugin.preBind(context);
    }
    for (const plugin of framework.binders) {
      step = `running Bind plugin "${plugin.name}"`;
      if ((await plugin.bind(context)) === "bound") return undefined;
    }
    throw new Error("every Bind plugin left it to the next");
  } catch (error) {
    settled();
    return { kind: "error", message: `${step}: ${error instanceof Error ? error.message : String(error)}`, error };
  }
}

/** Whether the Pod went away, or got a node, while we were binding it: nothing is left to do for it. */
export const isOvertaken = (failure: BindFailure) =>
  failure.kind === "error" && failure.error instanceof StatusError && failure.error.code === 404;

import type { Pod } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf, nameOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { timestamp } from "../../component-base/clock.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { unlessNotFound } from "../not-found.ts";
import { markDisruptionTarget } from "../pods/disruption-target.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { isTerminal } from "../pods/pod-state.ts";
import { onMissingNodes, surplusEndedPods, terminatingOutOfService, unscheduledTerminating } from "./choose-pods.ts";

/**
 * Deletes, every so often, the Pods that no kubelet will ever finish.
 * @see kubernetes v1.36.0 pkg/controller/podgc/gc_controller.go
 */
export function podGarbageCollector(context: ControllerContext): Controller {
  const { client, clock, config, log } = context;
  const nodes = context.informer({ kind: kinds.nodes });
  const pods = podInformer(context);
  /** Nodes that are missing, and since when. */
  const missingSinceMs = new Map<string, number>();

  async function forceDelete(pod: Pod, message: string | undefined, signal: AbortSignal): Promise<void> {
    if (!isTerminal(pod)) {
      const why = message === undefined ? {} : { why: { reason: "DeletionByPodGC", message } };
      await markDisruptionTarget(pod, client, { ...why, now: timestamp(clock), fail: true, signal });
    }
    await unlessNotFound(client.delete(kinds.pods, keyOf(pod), { gracePeriodSeconds: 0, signal }));
  }

  /** Names of nodes that have been missing for long enough, and are missing at the server too. */
  async function nodesGone(candidates: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const nowMs = clock.monotonicMs();
    for (const name of missingSinceMs.keys()) if (!candidates.includes(name)) missingSinceMs.delete(name);
    const gone = new Set<string>();
    for (const name of candidates) {
      const since = missingSinceMs.get(name) ?? nowMs;
      missingSinceMs.set(name, since);
      if (nowMs - since >= config.podGcQuarantineMs && (await isMissingLive(name, signal))) gone.add(name);
    }
    return gone;
  }

  async function isMissingLive(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      await client.get(kinds.nodes, { namespace: "", name }, { signal });
      return false;
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return true;
      throw error;
    }
  }

  async function collectOnce(signal: AbortSignal): Promise<void> {
    const all = pods.list();
    const byName = new Map(nodes.list().map((node) => [nameOf(node), node]));
    const orphans = onMissingNodes(all, byName);
    const gone = await nodesGone([...new Set(orphans.map((pod) => pod.spec?.nodeName ?? ""))], signal);
    for (const pod of surplusEndedPods(all, config.terminatedPodGcThreshold)) {
      await forceDelete(pod, undefined, signal);
    }
    for (const pod of terminatingOutOfService(all, byName)) await forceDelete(pod, undefined, signal);
    for (const pod of orphans) {
      if (!gone.has(pod.spec?.nodeName ?? "")) continue;
      await forceDelete(pod, "PodGC: node no longer exists", signal);
    }
    for (const pod of unscheduledTerminating(all)) await forceDelete(pod, undefined, signal);
  }

  return {
    async run({ signal }) {
      while (!signal.aborted) {
        try {
          await collectOnce(signal);
        } catch (err) {
          if (signal.aborted) return;
          log.warn({ err }, "could not collect all Pods; trying again next time");
        }
        // Being stopped ends the sleep, and with it the loop.
        await clock.sleep(config.podGcPeriodMs, { signal }).catch(() => undefined);
      }
    },
  };
}

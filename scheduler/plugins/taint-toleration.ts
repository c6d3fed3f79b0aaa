import type { Taint, Toleration } from "../../api/generated/types.ts";
import { isTolerated } from "../../api/tolerations.ts";
import { change } from "../cluster-event.ts";
import { type Plugin, skip } from "../framework.ts";
import { rejection } from "../rejection.ts";
import { normalizeReversed } from "./normalize.ts";

const name = "TaintToleration";
const untolerated = rejection(name, "UnschedulableAndUnresolvable", "node(s) had untolerated taint(s)");

/** Turns down nodes with a NoSchedule or NoExecute taint that the Pod does not tolerate; likes those with few soft ones. */
export const taintToleration: Plugin = {
  name,
  requeueOn: [
    {
      resource: "Node",
      changes: change.add | change.nodeTaint,
      isWorthRetrying: (pod, event) =>
        event.resource !== "Node" ||
        !hasUntolerated(event.current?.spec?.taints ?? [], pod.pod.spec?.tolerations ?? []),
    },
    { resource: "UnscheduledPod", changes: change.podToleration },
  ],
  preFilter(pod, nodes) {
    if (nodes.counts.hardTaints === 0) return skip;
    const tolerations = pod.pod.spec?.tolerations ?? [];
    const filter = (node: number) => {
      const { taints } = nodes.row(node);
      return taints.length > 0 && hasUntolerated(taints, tolerations) ? untolerated : undefined;
    };
    return { kind: "filter", filter: { filter } };
  },
  preScore(pod, nodes) {
    if (nodes.counts.softTaints === 0) return { kind: "score", scorer: { score: () => 100 } };
    const soft = (pod.pod.spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === "PreferNoSchedule");
    const score = (node: number) => {
      let count = 0;
      for (const taint of nodes.row(node).taints) {
        if (taint.effect === "PreferNoSchedule" && !isTolerated(taint, soft)) count++;
      }
      return count;
    };
    return { kind: "score", scorer: { score, normalize: normalizeReversed } };
  },
};

function hasUntolerated(taints: readonly Taint[], tolerations: readonly Toleration[]): boolean {
  for (const taint of taints) {
    if (taint.effect !== "PreferNoSchedule" && !isTolerated(taint, tolerations)) return true;
  }
  return false;
}

import { isTolerated } from "../../api/tolerations.ts";
import { change } from "../cluster-event.ts";
import { type Plugin, skip } from "../framework.ts";
import { rejection } from "../rejection.ts";

const name = "NodeUnschedulable";
const cordoned = rejection(name, "UnschedulableAndUnresolvable", "node(s) were unschedulable");
const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** Turns down cordoned nodes for Pods that do not tolerate the taint that stands for it. */
export const nodeUnschedulable: Plugin = {
  name,
  requeueOn: [
    {
      resource: "Node",
      changes: change.add | change.nodeTaint,
      isWorthRetrying: (_, event) => event.resource === "Node" && event.current?.spec?.unschedulable !== true,
    },
    { resource: "UnscheduledPod", changes: change.podToleration },
  ],
  preFilter(pod, nodes) {
    if (nodes.counts.unschedulable === 0) return skip;
    if (isTolerated(taint, pod.pod.spec?.tolerations ?? [])) return skip;
    const { unschedulable } = nodes;
    return { kind: "filter", filter: { filter: (node) => (unschedulable[node] === 1 ? cordoned : undefined) } };
  },
};

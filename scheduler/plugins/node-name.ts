import { change } from "../cluster-event.ts";
import { type Plugin, skip } from "../framework.ts";
import { rejection } from "../rejection.ts";

const name = "NodeName";
const other = rejection(name, "UnschedulableAndUnresolvable", "node(s) didn't match the requested node name");

/** Turns down every node but the one that `spec.nodeName` names. */
export const nodeName: Plugin = {
  name,
  requeueOn: [{ resource: "Node", changes: change.add }],
  preFilter(pod, nodes) {
    const wanted = pod.pod.spec?.nodeName;
    if (!wanted) return skip;
    return { kind: "filter", filter: { filter: (node) => (nodes.name(node) === wanted ? undefined : other) } };
  },
};

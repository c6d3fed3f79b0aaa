import { portsClash } from "../../api/host-ports.ts";
import { change } from "../cluster-event.ts";
import { type Plugin, skip } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import { rejection } from "../rejection.ts";

const name = "NodePorts";
const taken = rejection(name, "Unschedulable", "node(s) didn't have free ports for the requested pod ports");

/** Turns down nodes where a host port that the Pod wants is taken. */
export const nodePorts: Plugin = {
  name,
  requeueOn: [
    {
      resource: "AssignedPod",
      changes: change.delete,
      isWorthRetrying: (pod, event) => event.resource !== "Node" && event.old !== undefined && clash(pod, event.old),
    },
    { resource: "Node", changes: change.add },
  ],
  preFilter(pod, nodes) {
    if (pod.hostPorts.length === 0) return skip;
    const filter = (node: number) => {
      for (const other of nodes.row(node).pods.values()) if (clash(pod, other)) return taken;
      return undefined;
    };
    return { kind: "filter", filter: { filter } };
  },
};

function clash(pod: PodInfo, other: PodInfo): boolean {
  if (other.hostPorts.length === 0) return false;
  return pod.hostPorts.some((port) => other.hostPorts.some((used) => portsClash(port, used)));
}

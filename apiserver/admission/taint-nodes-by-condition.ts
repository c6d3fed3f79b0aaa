import type { Node } from "../../api/generated/types.ts";
import type { AdmissionPlugin } from "./admission.ts";

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

/**
 * A new node takes no Pods until it has been seen to be ready.
 * @see k8s.io/kubernetes v1.36.0 plugin/pkg/admission/nodetaint/admission.go
 */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: "TaintNodesByCondition",
    handles: ({ kind, operation, subresource }) =>
      kind.kind === "Node" && kind.group === "" && operation === "CREATE" && subresource === "",
    admit({ object }) {
      const node = object as Node;
      node.spec = node.spec ?? {};
      const taints = node.spec.taints ?? [];
      if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return undefined;
      node.spec.taints = [...taints, { ...notReady }];
      return undefined;
    },
  };
}

import { isDeepStrictEqual } from "node:util";
import type { Pod, Service } from "../../api/generated/types.ts";
import { labelsContain } from "../../api/label-selector.ts";
import { isDeleting, keyOf, keyString, namespaceOf } from "../../api/meta.ts";
import type { InformerHandler, Lister } from "../../client/informer.ts";
import { isReady, isTerminal, podCondition } from "../pods/pod-state.ts";

/** Whether a controller looks after the Service's endpoints, rather than whoever made it. */
export const selectsPods = (service: Service): boolean =>
  service.spec?.selector !== undefined && service.spec.type !== "ExternalName";

export const podsOf = (service: Service, pods: Pick<Lister<Pod>, "list">): Pod[] =>
  pods.list(namespaceOf(service)).filter((pod) => labelsContain(service.spec?.selector ?? {}, pod.metadata?.labels));

/** What a Service's endpoints depend on in a Pod. */
function visible(pod: Pod): unknown {
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const { podIP, podIPs } = pod.status ?? {};
  return {
    labels: pod.metadata?.labels,
    uid: pod.metadata?.uid,
    state: [isReady(pod), isTerminal(pod), isDeleting(pod), podCondition(pod, "Ready")?.lastTransitionTime],
    place: [nodeName, hostname, subdomain, podIP, podIPs],
  };
}

/** Calls `changed` with the key of every Service whose endpoints a change of a Pod concerns. */
export function servicePodHandler(
  services: Pick<Lister<Service>, "list">,
  changed: (key: string) => void,
): InformerHandler<Pod> {
  const servicesOf = (pod: Pod) => {
    for (const service of services.list(namespaceOf(pod))) {
      if (selectsPods(service) && labelsContain(service.spec?.selector ?? {}, pod.metadata?.labels)) {
        changed(keyString(keyOf(service)));
      }
    }
  };
  return {
    onAdd: servicesOf,
    onUpdate(old, pod) {
      if (isDeepStrictEqual(visible(old), visible(pod))) return;
      if (!isDeepStrictEqual(old.metadata?.labels, pod.metadata?.labels)) servicesOf(old);
      servicesOf(pod);
    },
    onDelete: servicesOf,
  };
}

import type { Pod } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { statusSubresource } from "../../subresources.ts";
import { podColumns, podRowConditions } from "./pod-columns.ts";
import { defaultPod } from "./pod-defaults.ts";

export const pods = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.Pod",
  shortNames: ["po"],
  categories: ["all"],
  subresources: [
    { name: "binding", verbs: ["create"], kind: { group: "", version: "v1", kind: "Binding" } },
    { name: "ephemeralcontainers", verbs: ["get", "patch", "update"] },
    { name: "eviction", verbs: ["create"], kind: { group: "policy", version: "v1", kind: "Eviction" } },
    {
      name: "exec",
      verbs: ["create", "get"],
      kind: { group: "", version: "v1", kind: "PodExecOptions" },
      connects: true,
    },
    { name: "log", verbs: ["get"] },
    statusSubresource,
  ],
  generation: "spec",
  defaults: defaultPod,
  selectableFields: {
    "spec.nodeName": (pod) => pod.spec?.nodeName ?? "",
    "spec.host": (pod) => pod.spec?.nodeName ?? "",
    "spec.restartPolicy": (pod) => pod.spec?.restartPolicy ?? "",
    "spec.schedulerName": (pod) => pod.spec?.schedulerName ?? "",
    "spec.serviceAccountName": (pod) => pod.spec?.serviceAccountName ?? "",
    "spec.hostNetwork": (pod) => String(pod.spec?.hostNetwork ?? false),
    "status.phase": (pod) => pod.status?.phase ?? "",
    "status.podIP": (pod) => pod.status?.podIP ?? "",
    "status.podIPs": () => "",
    "status.nominatedNodeName": (pod) => pod.status?.nominatedNodeName ?? "",
  },
  columns: podColumns,
  rowConditions: podRowConditions,
  returnsDeletedObject: true,
});

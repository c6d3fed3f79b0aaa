import type { Pod } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { statusSubresource } from "../../subresources.ts";

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
    { name: "log", verbs: ["get"] },
    statusSubresource,
  ],
  generation: "spec",
});

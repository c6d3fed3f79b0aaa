import type { Subresource, Verb } from "./kind.ts";

const readWrite: readonly Verb[] = ["get", "patch", "update"];

/** `…/status`: the whole object both ways, of which a write takes only the status. */
export const statusSubresource: Subresource = { name: "status", verbs: readWrite };

/** `…/scale`: the number of replicas as an autoscaling/v1 Scale. */
export const scaleSubresource: Subresource = {
  name: "scale",
  verbs: readWrite,
  kind: { group: "autoscaling", version: "v1", kind: "Scale" },
};

import type { SelfSubjectAccessReview } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const selfSubjectAccessReviews = defineKind<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  scope: "Cluster",
  schema: "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
  verbs: ["create"],
  storage: null,
});

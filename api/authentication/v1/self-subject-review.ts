import type { SelfSubjectReview } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const selfSubjectReviews = defineKind<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  scope: "Cluster",
  schema: "io.k8s.api.authentication.v1.SelfSubjectReview",
  verbs: ["create"],
  storage: null,
});

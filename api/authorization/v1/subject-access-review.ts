import type { SubjectAccessReview } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const subjectAccessReviews = defineKind<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  scope: "Cluster",
  schema: "io.k8s.api.authorization.v1.SubjectAccessReview",
  verbs: ["create"],
  storage: null,
});

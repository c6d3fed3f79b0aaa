import type { SelfSubjectRulesReview } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const selfSubjectRulesReviews = defineKind<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  scope: "Cluster",
  schema: "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
  verbs: ["create"],
  storage: null,
});

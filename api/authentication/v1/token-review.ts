import type { TokenReview } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";

export const tokenReviews = defineKind<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  scope: "Cluster",
  schema: "io.k8s.api.authentication.v1.TokenReview",
  verbs: ["create"],
  storage: null,
});

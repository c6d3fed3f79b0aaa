import type { Kind } from "../../../api/kind.ts";
import { failure, methodNotAllowed } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import type { StoredObject } from "../../storage/storage.ts";
import { DetachedObject } from "../object-view.ts";
import type { DecodedBody, ResourceStore, SubresourceAnswer, WriteOptions } from "../store.ts";
import { kindId } from "../strategies/strategies.ts";
import { bind } from "./pod-binding.ts";
import { reviewAccess, reviewLocalAccess, reviewOwnAccess, reviewRules, reviewSelf, reviewToken } from "./reviews.ts";
import type { SubresourceDeps } from "./subresource-deps.ts";

type Post = (ctx: RequestContext, body: DecodedBody, options: WriteOptions) => Promise<SubresourceAnswer>;

/** A kind of which nothing is stored: it can only be created, and answers at once. */
export function unstoredKind(kind: Kind, deps: SubresourceDeps): ResourceStore {
  const post = posts(kind, deps)[kindId(kind)];
  const refuse = async (): Promise<never> => {
    throw methodNotAllowed();
  };
  return {
    kind,
    get: refuse,
    list: refuse,
    watch: refuse,
    update: refuse,
    patch: refuse,
    delete: refuse,
    deleteCollection: refuse,
    async create(ctx, body, options): Promise<StoredObject> {
      if (post === undefined) throw methodNotAllowed();
      const answer = await post(ctx, body, options);
      if (answer.kind !== "object") throw failure({ code: 500, reason: "InternalError", message: "no object" });
      return new DetachedObject("", 0n, answer.object as StoredObject["object"]);
    },
    subresources: new Map(),
  };
}

function posts(kind: Kind, deps: SubresourceDeps): Readonly<Record<string, Post>> {
  const { schema, reviews, clock } = deps;
  const review = { kind, schema, reviews, clock };
  return {
    bindings: async (ctx, body, options) => {
      const pods = deps.find("", "v1", "pods");
      if (pods === undefined) throw methodNotAllowed();
      return bind(pods, ctx, body, { ...options, podName: "" });
    },
    "subjectaccessreviews.authorization.k8s.io": (ctx, body, options) => reviewAccess(review, ctx, body, options),
    "selfsubjectaccessreviews.authorization.k8s.io": (ctx, body, options) =>
      reviewOwnAccess(review, ctx, body, options),
    "localsubjectaccessreviews.authorization.k8s.io": (ctx, body, options) =>
      reviewLocalAccess(review, ctx, body, options),
    "selfsubjectrulesreviews.authorization.k8s.io": (ctx, body, options) => reviewRules(review, ctx, body, options),
    "tokenreviews.authentication.k8s.io": (ctx, body, options) => reviewToken(review, ctx, body, options),
    "selfsubjectreviews.authentication.k8s.io": (ctx, body, options) => reviewSelf(review, ctx, body, options),
  };
}

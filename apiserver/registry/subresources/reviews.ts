import { type FieldError, forbiddenField, invalidValue } from "../../../api/field-errors.ts";
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from "../../../api/generated/types.ts";
import type { Kind } from "../../../api/kind.ts";
import type { ApiObject } from "../../../api/meta.ts";
import { badRequest, invalid } from "../../../api/status.ts";
import { type Clock, timestamp } from "../../../component-base/clock.ts";
import type { Attributes } from "../../auth/attributes.ts";
import type { ReviewBackend } from "../../auth/reviews.ts";
import type { RequestContext, UserInfo } from "../../http/request-context.ts";
import type { BodySchema } from "../body-schema.ts";
import { decodeBody } from "../decode-body.ts";
import type { DecodedBody, SubresourceAnswer, WriteOptions } from "../store.ts";

interface Review {
  readonly kind: Kind;
  readonly schema: BodySchema;
  readonly reviews: ReviewBackend | undefined;
  readonly clock: Clock;
}

type Reviewer = (
  review: Review,
  ctx: RequestContext,
  body: DecodedBody,
  options: WriteOptions,
) => Promise<SubresourceAnswer>;

const decode = (
  { kind, schema }: Review,
  ctx: RequestContext,
  body: DecodedBody,
  { fieldValidation }: WriteOptions,
): Promise<ApiObject> => decodeBody(body, { kind, schema, ctx, fieldValidation });

/** 201 with the review, its verdict in status. */
const answer = (object: ApiObject, status: unknown, spec?: unknown): SubresourceAnswer => ({
  kind: "object",
  object: { ...object, metadata: object.metadata ?? {}, ...(spec !== undefined && { spec }), status } as ApiObject,
  code: 201,
});

/** What somebody may do. */
export const reviewAccess: Reviewer = async (review, ctx, body, options) => {
  const object = (await decode(review, ctx, body, options)) as SubjectAccessReview;
  refuse(object.metadata, [...attributeErrors(object.spec), ...subjectErrors(object.spec)]);
  return answer(object, verdict(review, subjectOf(object), attributesOf(object.spec)));
};

/** What the requester may do. */
export const reviewOwnAccess: Reviewer = async (review, ctx, body, options) => {
  const object = (await decode(review, ctx, body, options)) as SelfSubjectAccessReview;
  refuse(object.metadata, attributeErrors(object.spec));
  return answer(object, verdict(review, ctx.user, attributesOf(object.spec)));
};

/** What somebody may do in the namespace of the URL. */
export const reviewLocalAccess: Reviewer = async (review, ctx, body, options) => {
  const object = (await decode(review, ctx, body, options)) as LocalSubjectAccessReview;
  const { namespace } = ctx.info;
  const errors = [...attributeErrors(object.spec), ...subjectErrors(object.spec)];
  if (object.spec?.nonResourceAttributes) {
    errors.push(forbiddenField("spec.nonResourceAttributes", "disallowed on this kind of request"));
  }
  const asked = object.spec?.resourceAttributes?.namespace ?? "";
  if (object.spec?.resourceAttributes && asked !== namespace) {
    errors.push(invalidValue("spec.resourceAttributes.namespace", asked, "must match metadata.namespace"));
  }
  refuse(object.metadata, errors);
  const local = { ...object, metadata: { ...object.metadata, namespace } };
  return answer(local, verdict(review, subjectOf(object), attributesOf(object.spec)));
};

/** All that the requester may do in a namespace. */
export const reviewRules: Reviewer = async (review, ctx, body, options) => {
  const object = (await decode(review, ctx, body, options)) as SelfSubjectRulesReview;
  const namespace = object.spec?.namespace ?? "";
  if (namespace === "") throw badRequest("no namespace on request");
  const rules = review.reviews?.rulesFor(ctx.user, namespace);
  const { resourceRules = [], nonResourceRules = [], incomplete = false, evaluationError = "" } = rules ?? {};
  const status = { resourceRules, nonResourceRules, incomplete, ...(evaluationError !== "" && { evaluationError }) };
  return answer({ ...object, metadata: {} }, status, {});
};

/** Whose a token is. */
export const reviewToken: Reviewer = async (review, ctx, body, options) => {
  const object = (await decode(review, ctx, body, options)) as TokenReview;
  const { token = "", audiences } = object.spec ?? {};
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const verdict = await review.reviews?.authenticateToken(token, {
    ...(audiences && { audiences }),
    signal: ctx.signal,
  });
  if (verdict?.kind !== "user") return answer(object, { user: {}, error: verdict?.error ?? "no tokens are served" });
  return answer(object, { authenticated: true, user: userInfo(verdict.user), audiences: verdict.audiences });
};

/** Who the requester is. */
export const reviewSelf: Reviewer = async (review, ctx, body, options) => {
  const object = await decode(review, ctx, body, options);
  const creationTimestamp = timestamp(review.clock);
  return answer({ ...object, metadata: { creationTimestamp } }, { userInfo: userInfo(ctx.user) });
};

function userInfo(user: UserInfo) {
  return {
    username: user.name,
    ...(user.uid !== undefined && user.uid !== "" && { uid: user.uid }),
    groups: user.groups,
    ...(Object.keys(user.extra).length > 0 && { extra: user.extra }),
  };
}

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

function attributeErrors(spec: AccessSpec | undefined): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  if (resourceAttributes && nonResourceAttributes) {
    return [
      invalidValue(
        "spec.nonResourceAttributes",
        { Path: nonResourceAttributes.path ?? "", Verb: nonResourceAttributes.verb ?? "" },
        "cannot be specified in combination with resourceAttributes",
      ),
    ];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    return [
      invalidValue(
        "spec.resourceAttributes",
        null,
        "exactly one of nonResourceAttributes or resourceAttributes must be specified",
      ),
    ];
  }
  return [];
}

function subjectErrors(
  spec: { readonly user?: string; readonly groups?: readonly string[] } | undefined,
): FieldError[] {
  if (spec?.user || spec?.groups?.length) return [];
  return [invalidValue("spec.user", spec?.user ?? "", "at least one of user or group must be specified")];
}

/** A review has no identity: its metadata must be empty, but for the namespace of a local one. */
function refuse(metadata: ApiObject["metadata"], errors: FieldError[]): void {
  const { managedFields: _fields, namespace: _namespace, ...rest } = metadata ?? {};
  if (Object.keys(rest).length > 0) errors.push(invalidValue("metadata", metadata, "must be empty"));
  if (errors.length > 0) throw invalid({ group: "authorization.k8s.io", kind: "" }, metadata?.name ?? "", errors);
}

function subjectOf({ spec }: SubjectAccessReview | LocalSubjectAccessReview): UserInfo {
  return {
    name: spec?.user ?? "",
    ...(spec?.uid !== undefined && { uid: spec.uid }),
    groups: spec?.groups ?? [],
    extra: spec?.extra ?? {},
  };
}

function attributesOf(spec: AccessSpec | undefined): Attributes {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec ?? {};
  return {
    isResourceRequest: resource !== undefined,
    verb: resource?.verb ?? path?.verb ?? "",
    path: path?.path ?? "",
    group: resource?.group ?? "",
    version: resource?.version ?? "",
    namespace: resource?.namespace ?? "",
    resource: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    name: resource?.name ?? "",
  };
}

function verdict({ reviews }: Review, user: UserInfo, attributes: Attributes) {
  const { allowed, reason } = reviews?.authorize(user, attributes) ?? { allowed: true, reason: "" };
  return { allowed, ...(reason !== "" && { reason }) };
}

import { invalidValue } from "../../../api/field-errors.ts";
import type { Pod, TokenRequestSpec } from "../../../api/generated/types.ts";
import { defineKind } from "../../../api/kind.ts";
import type { ApiObject } from "../../../api/meta.ts";
import { badRequest, conflict, failure, invalid } from "../../../api/status.ts";
import type { TokenBinding } from "../../auth/service-account-tokens.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { decodeBody } from "../decode-body.ts";
import { inNamespace } from "../in-namespace.ts";
import { get } from "../read/get.ts";
import type { Resource } from "../resource.ts";
import type { SubresourceStore } from "../store.ts";
import type { SubresourceDeps } from "./subresource-deps.ts";
import { readOf } from "./whole-object.ts";

interface TokenRequest extends ApiObject {
  spec?: Partial<TokenRequestSpec>;
}

const tokenRequests = defineKind<ApiObject>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  plural: "tokenrequests",
  scope: "Namespaced",
  schema: "io.k8s.api.authentication.v1.TokenRequest",
  storage: null,
});

const defaultSeconds = 3600;
const minimumSeconds = 600;
const maximumSeconds = 2 ** 32;

/** `serviceaccounts/token`: a signed token for the account. */
export function tokenStore(accounts: Resource, deps: SubresourceDeps): SubresourceStore {
  return {
    async create(ctx, name, body, options) {
      const { schema } = accounts;
      const { fieldValidation } = options;
      const decoded = await decodeBody(body, { kind: tokenRequests, schema, ctx, fieldValidation });
      const request = decoded as unknown as TokenRequest;
      const account = (await get(accounts, ctx, name, readOf(new URLSearchParams()))).object;
      const expirationSeconds = request.spec?.expirationSeconds ?? defaultSeconds;
      refuseInvalid(request.metadata?.name ?? "", expirationSeconds);
      const { tokens } = deps;
      if (tokens === undefined) {
        throw failure({
          code: 404,
          reason: "NotFound",
          message: "the server could not find the requested resource",
          details: {},
        });
      }
      const audiences = request.spec?.audiences?.length ? request.spec.audiences : tokens.audiences;
      const binding = await bindingOf(deps, ctx, { request, accountName: name });
      const namespace = ctx.info.namespace;
      const serviceAccount = { name, uid: account.metadata?.uid ?? "" };
      const issued = options.dryRun
        ? { token: "", expiresMs: accounts.clock.now() + expirationSeconds * 1000 }
        : await tokens.issue({ namespace, serviceAccount, audiences, expirationSeconds, ...(binding && { binding }) });
      const expirationTimestamp = `${new Date(issued.expiresMs).toISOString().slice(0, 19)}Z`;
      const object = {
        kind: "TokenRequest",
        apiVersion: "authentication.k8s.io/v1",
        metadata: {
          ...request.metadata,
          name,
          namespace,
          uid: serviceAccount.uid,
          creationTimestamp: `${new Date(accounts.clock.now()).toISOString().slice(0, 19)}Z`,
        },
        spec: { boundObjectRef: null, ...request.spec, audiences, expirationSeconds },
        status: { token: issued.token, expirationTimestamp },
      };
      return { kind: "object", object: object as ApiObject, code: 201 };
    },
  };
}

function refuseInvalid(name: string, seconds: number): void {
  const field = "spec.expirationSeconds";
  const errors = [];
  if (seconds < minimumSeconds) {
    errors.push(invalidValue(field, seconds, "may not specify a duration less than 10 minutes"));
  }
  if (seconds > maximumSeconds)
    errors.push(invalidValue(field, seconds, "may not specify a duration larger than 2^32 seconds"));
  if (errors.length > 0) throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, name, errors);
}

const bindable = { Pod: "pods", Secret: "secrets", Node: "nodes" } as const;

async function bindingOf(
  deps: SubresourceDeps,
  ctx: RequestContext,
  { request, accountName }: { request: TokenRequest; accountName: string },
): Promise<TokenBinding | undefined> {
  const reference = request.spec?.boundObjectRef;
  if (reference === undefined || reference === null) return undefined;
  const { kind = "", apiVersion = "", name = "", uid } = reference;
  if (apiVersion !== "v1" || !Object.hasOwn(bindable, kind)) {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  const known = kind as keyof typeof bindable;
  const resource = deps.find("", "v1", bindable[known]);
  if (resource === undefined) throw badRequest(`cannot bind token to object of type /v1, Kind=${kind}`);
  const { object } = await get(resource, inNamespace(ctx, ctx.info.namespace), name, readOf(new URLSearchParams()));
  const actualUid = object.metadata?.uid ?? "";
  if (uid && uid !== actualUid) {
    throw conflict(
      resource.ref,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (known !== "Pod") return { kind: known, name, uid: actualUid };
  const { spec } = object as Readonly<Pod>;
  if ((spec?.serviceAccountName ?? "default") !== accountName) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
    );
  }
  const node = await nodeOf(deps, ctx, spec?.nodeName);
  return { kind: "Pod", name, uid: actualUid, ...(node && { node }) };
}

async function nodeOf(deps: SubresourceDeps, ctx: RequestContext, nodeName: string | undefined) {
  const nodes = deps.find("", "v1", "nodes");
  if (!nodeName || nodes === undefined) return undefined;
  const stored = deps.storage.cached.get(`${nodes.prefix}${nodeName}`);
  ctx.signal.throwIfAborted();
  return stored === undefined ? undefined : { name: nodeName, uid: stored.object.metadata?.uid ?? "" };
}

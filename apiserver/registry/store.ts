import type { Kind } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { Status } from "../../api/status.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { ListResult, StoredObject, Watcher } from "../storage/storage.ts";
import type { UpgradeAnswer } from "./subresources/kubelet-client.ts";

/** A decoded body: any JSON value, with what the decoder found on the way. */
export interface DecodedBody {
  readonly value: unknown;
  /** Paths of keys that stood twice in one object, e.g. `spec.replicas`; the last one won. YAML: whole messages. */
  readonly duplicateFields: readonly string[];
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

/** metav1.DeleteOptions after validation. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** Query parameters of get, list and watch as the client gave them (strings not yet judged are the store's to judge). */
export interface ReadParameters {
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly limit: number;
  readonly continue: string;
  readonly allowWatchBookmarks: boolean;
  /** undefined: not given. */
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** A read without a query: the newest state, all of it. */
export const plainRead: ReadParameters = Object.freeze({
  resourceVersion: "",
  resourceVersionMatch: "",
  labelSelector: "",
  fieldSelector: "",
  limit: 0,
  continue: "",
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
});

export interface ListPage extends ListResult {
  /** Token for the next page; empty on the last one. */
  readonly continueToken: string;
  /** undefined: not to be told (selectors, last page). */
  readonly remainingItemCount: number | undefined;
}

export type DeleteOutcome =
  /** `gone`: removed from the store now; otherwise it waits for a grace period or for finalizers. */
  | { readonly kind: "object"; readonly stored: StoredObject; readonly gone: boolean }
  | { readonly kind: "status"; readonly status: Status };

/**
 * All verbs of one kind, generic over its row. Every method throws StatusError and nothing else.
 * `namespace` is `""` for cluster-scoped kinds and for all namespaces.
 */
export interface ResourceStore {
  readonly kind: Kind;
  get(ctx: RequestContext, name: string, read: ReadParameters): Promise<StoredObject>;
  list(ctx: RequestContext, read: ReadParameters): Promise<ListPage>;
  watch(ctx: RequestContext, read: ReadParameters): Promise<Watcher>;
  create(ctx: RequestContext, body: DecodedBody, options: WriteOptions): Promise<StoredObject>;
  update(
    ctx: RequestContext,
    name: string,
    body: DecodedBody,
    options: WriteOptions,
  ): Promise<{ readonly stored: StoredObject; readonly created: boolean }>;
  patch(
    ctx: RequestContext,
    name: string,
    patch: { readonly type: PatchType; readonly body: DecodedBody; readonly force: boolean },
    options: WriteOptions,
  ): Promise<{ readonly stored: StoredObject; readonly created: boolean }>;
  delete(ctx: RequestContext, name: string, options: DeleteOptions): Promise<DeleteOutcome>;
  /** The objects found, each in the state before its deletion. */
  deleteCollection(ctx: RequestContext, read: ReadParameters, options: DeleteOptions): Promise<ListPage>;
  /** Subresources by name: `status`, `scale`, `binding`, `token`, `log`, …; only those of the row. */
  readonly subresources: ReadonlyMap<string, SubresourceStore>;
}

/** A subresource answers with an object that is not always stored as such (Scale, TokenRequest, a Status). */
export type SubresourceAnswer =
  | { readonly kind: "stored"; readonly stored: StoredObject; readonly code?: number }
  | { readonly kind: "object"; readonly object: ApiObject | Status; readonly code?: number }
  /** Anything that is no API object: logs. */
  | { readonly kind: "text"; readonly body: AsyncIterable<Uint8Array | string>; readonly contentType: string }
  /** A connection to somebody else, which the client's connection becomes. */
  | { readonly kind: "tunnel"; readonly open: OpenTunnel }
  /** 204. */
  | { readonly kind: "nothing" };

/**
 * @param headers - those of the client that the other end is to see; names and values in turn
 * @throws StatusError when there is nobody at the other end
 */
export type OpenTunnel = (
  headers: Readonly<Record<string, string>>,
  options: { readonly signal: AbortSignal },
) => Promise<UpgradeAnswer>;

/** The verbs it lacks are those its row does not list. */
export interface SubresourceStore {
  /** Serves every verb that it has, without looking at a body. */
  connect?(ctx: RequestContext, name: string, query: URLSearchParams): Promise<SubresourceAnswer>;
  get?(ctx: RequestContext, name: string, query: URLSearchParams): Promise<SubresourceAnswer>;
  create?(ctx: RequestContext, name: string, body: DecodedBody, options: WriteOptions): Promise<SubresourceAnswer>;
  update?(ctx: RequestContext, name: string, body: DecodedBody, options: WriteOptions): Promise<SubresourceAnswer>;
  patch?(
    ctx: RequestContext,
    name: string,
    patch: { readonly type: PatchType; readonly body: DecodedBody; readonly force: boolean },
    options: WriteOptions,
  ): Promise<SubresourceAnswer>;
}

/** Every kind that is served, by group/version/plural; the gateway's whole world. A CRD will add rows at run time. */
export interface Registry {
  /** undefined: nothing of that name is served. */
  store(group: string, version: string, plural: string): ResourceStore | undefined;
  kinds(): readonly Kind[];
}

/** Who makes a request. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The attributes of a request that authorization, audit and admission see. @see k8s.io/apiserver v0.36.0 pkg/endpoints/request/requestinfo.go */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; otherwise the lower-case method. */
  readonly verb: string;
  /** Decoded path without the query. */
  readonly path: string;
  readonly apiPrefix: "" | "api" | "apis";
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  /** Plural. */
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path elements after the subresource (proxy). */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

/** All that travels with one request through the pipeline. */
export interface RequestContext {
  /** Audit-Id. */
  readonly requestId: string;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly userAgent: string;
  /** Ends when the client has gone, the deadline has passed or the server stops. */
  readonly signal: AbortSignal;
  /** Adds a Warning header to the answer; duplicates are dropped. */
  warn(text: string): void;
}

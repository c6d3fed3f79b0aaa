import type { RequestContext, UserInfo } from "../http/request-context.ts";

/** The gateway itself, when it writes what every cluster begins with. */
const gateway: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"], extra: {} };

/** A context for a request that the gateway makes of itself in `namespace` (`""`: cluster-wide). */
export function ownContext(namespace: string, options: { signal: AbortSignal; requestId: string }): RequestContext {
  return {
    requestId: options.requestId,
    info: {
      isResourceRequest: true,
      verb: "create",
      path: "",
      apiPrefix: "api",
      group: "",
      version: "v1",
      namespace,
      resource: "",
      subresource: "",
      name: "",
      rest: [],
      query: new URLSearchParams(),
    },
    user: gateway,
    userAgent: "kube-apiserver",
    signal: options.signal,
    warn: () => undefined,
  };
}

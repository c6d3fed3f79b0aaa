import type { RequestContext } from "../http/request-context.ts";

/** The same request about another namespace. */
export function inNamespace(ctx: RequestContext, namespace: string): RequestContext {
  const { requestId, user, userAgent, signal } = ctx;
  return { requestId, user, userAgent, signal, info: { ...ctx.info, namespace }, warn: (text) => ctx.warn(text) };
}

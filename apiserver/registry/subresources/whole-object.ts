import { patch } from "../patch/patch.ts";
import { get } from "../read/get.ts";
import type { Resource } from "../resource.ts";
import { plainRead, type ReadParameters, type SubresourceStore } from "../store.ts";
import { update } from "../update.ts";

/** A subresource whose bodies are the whole object (status, ephemeralcontainers), of which it writes one part. */
export function wholeObjectStore(resource: Resource, subresource: string): SubresourceStore {
  return {
    async get(ctx, name, query) {
      return { kind: "stored", stored: await get(resource, ctx, name, readOf(query)) };
    },
    async update(ctx, name, body, options) {
      const { stored } = await update(resource, ctx, { name, subresource }, { body, options });
      return { kind: "stored", stored };
    },
    async patch(ctx, name, request, options) {
      const { stored } = await patch(resource, ctx, { name, subresource }, { request, options });
      return { kind: "stored", stored };
    },
  };
}

/** What of a query a GET of a subresource heeds. */
export function readOf(query: URLSearchParams): ReadParameters {
  return { ...plainRead, resourceVersion: query.get("resourceVersion") ?? "" };
}

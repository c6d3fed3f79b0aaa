import { setMaxListeners } from "node:events";
import { StatusError } from "../../api/status.ts";
import type { RequestContext } from "../http/request-context.ts";
import { deleteObject } from "./delete.ts";
import { inNamespace } from "./in-namespace.ts";
import { list } from "./read/list.ts";
import type { Resource } from "./resource.ts";
import type { DeleteOptions, ListPage, ReadParameters } from "./store.ts";

const parallelDeletes = 16;

/** DELETE of a collection: each object found is deleted by itself; those gone meanwhile do not matter. @throws StatusError */
export async function deleteCollection(
  resource: Resource,
  ctx: RequestContext,
  read: ReadParameters,
  options: DeleteOptions,
): Promise<ListPage> {
  const found = await list(resource, ctx, read);
  // As many deletes as that listen to the one signal at a time.
  setMaxListeners(2 * parallelDeletes, ctx.signal);
  let next = 0;
  const worker = async () => {
    for (let item = found.items[next++]; item !== undefined; item = found.items[next++]) {
      const { name, namespace } = item.object.metadata ?? {};
      try {
        await deleteObject(resource, inNamespace(ctx, namespace ?? ""), name ?? "", options);
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== "NotFound") throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(parallelDeletes, found.items.length) }, worker);
  // Nothing is deleted any more once this has been answered, with an error neither.
  for (const end of await Promise.allSettled(workers)) if (end.status === "rejected") throw end.reason;
  return found;
}

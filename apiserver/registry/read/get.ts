import type { RequestContext } from "../../http/request-context.ts";
import type { ReadOptions, ReadVersion, StoredObject, Waiting } from "../../storage/storage.ts";
import { objectNamespace, type Resource, storageKey } from "../resource.ts";
import type { ReadParameters } from "../store.ts";
import { asStatusError } from "../to-status.ts";
import { getVersion } from "./read-version.ts";

/** GET of one object. @throws StatusError */
export async function get(
  resource: Resource,
  ctx: RequestContext,
  name: string,
  read: ReadParameters,
): Promise<StoredObject> {
  const key = storageKey(resource, objectNamespace(resource, ctx), name);
  const version = getVersion(read);
  try {
    return resource.view.stored(await resource.storage.get(key, new Read(version, ctx)));
  } catch (error) {
    throw asStatusError(error, { ref: resource.ref, name });
  }
}

/** Hands the request's signal on without making the request make one: most reads are over before anybody listens. */
class Read implements ReadOptions {
  readonly version: ReadVersion;
  readonly #waiting: Waiting;

  constructor(version: ReadVersion, waiting: Waiting) {
    this.version = version;
    this.#waiting = waiting;
  }

  get signal(): AbortSignal {
    return this.#waiting.signal;
  }
}

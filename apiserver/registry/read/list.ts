import { badRequest, expired } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { type ListOptions, type ListResult, StorageError } from "../../storage/storage.ts";
import type { Resource } from "../resource.ts";
import type { ListPage, ReadParameters } from "../store.ts";
import { asStatusError } from "../to-status.ts";
import { type ContinueToken, decodeContinue, encodeContinue } from "./continue-token.ts";
import { listVersion } from "./read-version.ts";
import { selectionOf } from "./selection.ts";

/** LIST of a collection. @throws StatusError */
export async function list(resource: Resource, ctx: RequestContext, read: ReadParameters): Promise<ListPage> {
  const { prefix, key, predicate } = selectionOf(resource, ctx, read);
  const { version, ignoreLimit } = listVersion(read);
  const token = continueToken(read);
  // Of one object there is never a second page.
  const limit = (ignoreLimit && token === undefined) || key !== undefined ? 0 : Math.max(read.limit, 0);
  const options: ListOptions = {
    version: token === undefined ? version : tokenVersion(token),
    limit,
    after: token === undefined ? "" : resource.prefix + token.after,
    ...(predicate !== undefined && { predicate }),
    signal: ctx.signal,
  };
  try {
    const result = await resource.storage.list(prefix, options);
    return page(resource, result, predicate === undefined);
  } catch (error) {
    if (token !== undefined && error instanceof StorageError && error.code === "Expired") throw tokenExpired(token);
    throw asStatusError(error, { ref: resource.ref, name: "" });
  }
}

/** Tokens are relative to the resource's prefix: one list's token never reaches another resource's keys. */
function continueToken(read: ReadParameters): ContinueToken | undefined {
  if (read.continue === "") return undefined;
  const token = decodeContinue(read.continue);
  if (read.resourceVersion !== "" && read.resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  return token;
}

const tokenVersion = (token: ContinueToken): ListOptions["version"] =>
  token.revision < 0n ? { kind: "consistent" } : { kind: "exact", revision: token.revision };

function page(resource: Resource, result: ListResult, unfiltered: boolean): ListPage {
  const { revision, more, remaining } = result;
  const items =
    resource.kind.storage?.as === undefined ? result.items : result.items.map((item) => resource.view.stored(item));
  const last = result.items.at(-1);
  if (!more || last === undefined) {
    return { items, revision, more, remaining, continueToken: "", remainingItemCount: undefined };
  }
  const after = last.storageKey.slice(resource.prefix.length);
  return {
    items,
    revision,
    more,
    remaining,
    continueToken: encodeContinue({ revision, after }),
    remainingItemCount: unfiltered ? remaining : undefined,
  };
}

/** 410 with a token that goes on after the same key at the newest revision. */
function tokenExpired(token: ContinueToken) {
  return expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the " +
      "continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing " +
      "with the provided token results in an inconsistent list - objects that were created, modified, or deleted between " +
      "the time the first chunk was returned and now may show up in the list.",
    encodeContinue({ revision: -1n, after: token.after }),
  );
}

import type { Subresource } from "../../api/kind.ts";
import { badRequest, methodNotAllowed, pathNotFound } from "../../api/status.ts";
import type { Registry, ResourceStore } from "../registry/store.ts";
import type { Discovery } from "./discovery/discovery.ts";
import { sendNotFoundText } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { create } from "./handlers/create.ts";
import { remove } from "./handlers/delete.ts";
import { deleteCollection } from "./handlers/delete-collection.ts";
import { get } from "./handlers/get.ts";
import type { Handler, HandlerDeps } from "./handlers/handler.ts";
import { list } from "./handlers/list.ts";
import { patch } from "./handlers/patch.ts";
import { subresource } from "./handlers/subresource.ts";
import { update } from "./handlers/update.ts";
import { watch } from "./handlers/watch.ts";
import type { RequestInfo } from "./request-context.ts";
import { pathSegmentProblem } from "./request-info.ts";

const collectionHandlers: Readonly<Record<string, Handler>> = {
  list,
  watch,
  create,
  deletecollection: deleteCollection,
};
const objectHandlers: Readonly<Record<string, Handler>> = { get, update, patch, delete: remove };

export interface RouteDeps extends HandlerDeps {
  readonly registry: Registry;
  readonly discovery: Discovery;
}

/**
 * Serves a request for a resource.
 * @throws StatusError 404 for a path that names nothing, 405 for a method that what it names does not have
 */
export async function route(exchange: Exchange, deps: RouteDeps): Promise<void> {
  const { info, request } = exchange;
  const { group, version, resource } = info;
  const served = info.apiPrefix === "api" ? group === "" : group !== "";
  const store = served ? deps.registry.store(group, version, resource) : undefined;
  if (store === undefined) {
    if (info.apiPrefix === "api" || deps.discovery.hasGroup(group)) throw pathNotFound();
    sendNotFoundText(exchange);
    return;
  }
  const { kind } = store;
  exchange.kind = kind;
  if (info.rest.length > 0) throw pathNotFound();
  checkScope(info, store);
  if (request.method === "HEAD") throw methodNotAllowed();
  if (kind.deprecationWarning !== undefined) exchange.warn(kind.deprecationWarning);
  if (info.subresource !== "") return serveSubresource(exchange, store, deps);
  const { verb } = info;
  const handler = collectionHandlers[verb] ?? objectHandlers[verb];
  if (handler === undefined || !kind.verbs.some((one) => one === verb)) throw methodNotAllowed();
  if (verb in objectHandlers ? info.name === "" : verb === "create" && info.name !== "") throw methodNotAllowed();
  if (verb === "watch" && request.method !== "GET") throw methodNotAllowed();
  if (verb in objectHandlers) checkName(info.name);
  await handler(exchange, store, deps);
}

function checkScope(info: RequestInfo, { kind }: ResourceStore): void {
  if (kind.scope === "Cluster") {
    const ownNamespace = kind.plural === "namespaces" && kind.group === "" && info.namespace === info.name;
    if (info.namespace !== "" && !ownNamespace) throw pathNotFound();
    return;
  }
  if (info.namespace !== "" || info.verb === "list" || info.verb === "watch") return;
  throw info.name === "" ? methodNotAllowed() : pathNotFound();
}

function checkName(name: string): void {
  const problem = pathSegmentProblem(name);
  if (problem !== undefined) throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${problem}`);
}

async function serveSubresource(exchange: Exchange, store: ResourceStore, deps: RouteDeps): Promise<void> {
  const { info } = exchange;
  const row: Subresource | undefined = store.kind.subresources.find(({ name }) => name === info.subresource);
  const found = store.subresources.get(info.subresource);
  if (row === undefined || found === undefined) throw pathNotFound();
  if (!row.verbs.some((verb) => verb === info.verb)) throw methodNotAllowed();
  checkName(info.name);
  await subresource(exchange, { store, row, subresource: found }, deps);
}

import type { Kind } from "../../api/kind.ts";
import type { RequestContext } from "../http/request-context.ts";
import { create } from "./create.ts";
import { deleteObject } from "./delete.ts";
import { deleteCollection } from "./delete-collection.ts";
import { patch } from "./patch/patch.ts";
import { get } from "./read/get.ts";
import { list } from "./read/list.ts";
import { watch } from "./read/watch.ts";
import type { RegistryDeps } from "./registry-deps.ts";
import { createResource, type OperationDeps, type Resource } from "./resource.ts";
import type { Registry, ResourceStore, SubresourceStore, WriteOptions } from "./store.ts";
import { createStrategies, kindId } from "./strategies/strategies.ts";
import type { SubresourceDeps } from "./subresources/subresource-deps.ts";
import { subresourceStores } from "./subresources/subresources.ts";
import { unstoredKind } from "./subresources/unstored-kinds.ts";
import { update } from "./update.ts";
import { ZeroFields } from "./zero-fields.ts";

/** A registry that serves `kinds` from `storage`. Starts nothing. */
export function createRegistry(deps: RegistryDeps): Registry {
  const operations: OperationDeps = {
    storage: deps.storage,
    clock: deps.clock,
    log: deps.log,
    random: deps.random,
    admission: deps.admission,
    schema: deps.schema,
    schemaModel: deps.schemaModel,
    zeroFields: new ZeroFields(deps.schemaModel),
    fieldManager: deps.fieldManager,
    authorize: (ctx, attributes) => deps.reviews?.authorize(ctx.user, attributes) ?? { allowed: true, reason: "" },
  };
  const strategies = createStrategies(deps);
  const resources = new Map<string, Resource>();
  for (const kind of deps.kinds) {
    if (kind.storage === null) continue;
    const strategy = strategies.get(kindId(kind)) ?? {};
    resources.set(pathOf(kind), createResource({ kind, strategy, etcdPrefix: deps.etcdPrefix }, operations));
  }
  const find = (group: string, version: string, plural: string) => resources.get(`${group}/${version}/${plural}`);
  const subresourceDeps: SubresourceDeps = { ...deps, find };
  const stores = new Map<string, ResourceStore>();
  for (const kind of deps.kinds) {
    const resource = resources.get(pathOf(kind));
    const store =
      resource === undefined ? unstoredKind(kind, subresourceDeps) : resourceStore(resource, subresourceDeps);
    stores.set(pathOf(kind), store);
  }
  return {
    store: (group, version, plural) => stores.get(`${group}/${version}/${plural}`),
    kinds: () => deps.kinds,
  };
}

const pathOf = (kind: Kind) => `${kind.group}/${kind.version}/${kind.plural}`;

function resourceStore(resource: Resource, deps: SubresourceDeps): ResourceStore {
  return {
    kind: resource.kind,
    get: (ctx, name, read) => get(resource, ctx, name, read),
    list: (ctx, read) => list(resource, ctx, read),
    watch: (ctx, read) => watch(resource, ctx, read),
    create: (ctx, body, options) => create(resource, ctx, body, withManager(ctx, options)),
    update: (ctx, name, body, options) =>
      update(resource, ctx, { name, subresource: "" }, { body, options: withManager(ctx, options) }),
    patch: (ctx, name, request, options) =>
      patch(resource, ctx, { name, subresource: "" }, { request, options: withManager(ctx, options) }),
    delete: (ctx, name, options) => deleteObject(resource, ctx, name, options),
    deleteCollection: (ctx, read, options) => deleteCollection(resource, ctx, read, options),
    subresources: managedSubresources(subresourceStores(resource, deps)),
  };
}

/** Writers that give no fieldManager are known by the program they say they are. */
function withManager(ctx: RequestContext, options: WriteOptions): WriteOptions {
  return options.fieldManager === "" ? { ...options, fieldManager: managerOf(ctx.userAgent) } : options;
}

/** The User-Agent up to its first `/`, printable and short. */
function managerOf(userAgent: string): string {
  const slash = userAgent.indexOf("/");
  const name = (slash < 0 ? userAgent : userAgent.slice(0, slash)).replaceAll(/\p{C}/gu, "");
  return name.length <= 128 ? name || "unknown" : name.slice(0, 128);
}

function managedSubresources(stores: ReadonlyMap<string, SubresourceStore>): ReadonlyMap<string, SubresourceStore> {
  const managed = new Map<string, SubresourceStore>();
  for (const [name, store] of stores) {
    const { connect, get: read, create: post, update: put, patch: change } = store;
    managed.set(name, {
      ...(connect && { connect: (ctx, object, query) => connect(ctx, object, query) }),
      ...(read && { get: (ctx, object, query) => read(ctx, object, query) }),
      ...(post && { create: (ctx, object, body, options) => post(ctx, object, body, withManager(ctx, options)) }),
      ...(put && { update: (ctx, object, body, options) => put(ctx, object, body, withManager(ctx, options)) }),
      ...(change && {
        patch: (ctx, object, request, options) => change(ctx, object, request, withManager(ctx, options)),
      }),
    });
  }
  return managed;
}

import type { Resource } from "../resource.ts";
import type { SubresourceStore } from "../store.ts";
import { finalizeStore } from "./namespace-finalize.ts";
import { bindingStore } from "./pod-binding.ts";
import { evictionStore } from "./pod-eviction.ts";
import { podExecStore } from "./pod-exec.ts";
import { podLogStore } from "./pod-log.ts";
import { scaleStore } from "./scale.ts";
import { tokenStore } from "./service-account-token.ts";
import type { SubresourceDeps } from "./subresource-deps.ts";
import { wholeObjectStore } from "./whole-object.ts";

type SubresourceFactory = (resource: Resource, deps: SubresourceDeps) => SubresourceStore;

/** By name; a kind has those that its row lists. */
const factories: Readonly<Record<string, SubresourceFactory>> = {
  status: (resource) => wholeObjectStore(resource, "status"),
  ephemeralcontainers: (resource) => wholeObjectStore(resource, "ephemeralcontainers"),
  scale: (resource) => scaleStore(resource),
  binding: (resource) => bindingStore(resource),
  eviction: (resource) => evictionStore(resource),
  exec: (resource, deps) => podExecStore(resource, deps),
  log: (resource, deps) => podLogStore(resource, deps),
  token: (resource, deps) => tokenStore(resource, deps),
  finalize: (resource) => finalizeStore(resource),
};

export function subresourceStores(resource: Resource, deps: SubresourceDeps): ReadonlyMap<string, SubresourceStore> {
  const stores = new Map<string, SubresourceStore>();
  for (const { name } of resource.kind.subresources) {
    const factory = factories[name];
    if (factory !== undefined) stores.set(name, factory(resource, deps));
  }
  return stores;
}

import type { RegistryDeps } from "../registry-deps.ts";
import type { Resource } from "../resource.ts";

/** What subresources need beyond their own resource. */
export interface SubresourceDeps extends RegistryDeps {
  /** Another stored kind. */
  find(group: string, version: string, plural: string): Resource | undefined;
}

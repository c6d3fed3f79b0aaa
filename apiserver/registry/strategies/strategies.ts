import type { Kind } from "../../../api/kind.ts";
import type { RegistryDeps } from "../create-registry.ts";
import type { Strategy } from "../strategy.ts";

/** `pods`, `deployments.apps`: a resource as strategies and subresources are listed by. */
export const kindId = (kind: Pick<Kind, "group" | "plural">) =>
  kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;

export function createStrategies(_deps: RegistryDeps): ReadonlyMap<string, Strategy> {
  return new Map();
}

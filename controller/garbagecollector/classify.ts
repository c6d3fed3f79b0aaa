import type { ApiObject, OwnerReference } from "../../api/meta.ts";
import { foregroundFinalizer, hasFinalizer, orphanFinalizer } from "./owner-graph.ts";

/** `solid`: it exists. `waiting`: it exists but waits for its dependents to go. `absent`: it does not exist. */
export type OwnerState = "solid" | "waiting" | "absent";

export interface OwnerFact {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

export type Policy = "Orphan" | "Foreground" | "Background";

export type Verdict =
  | { readonly kind: "keep" }
  /** Keep the object, and take away these references. */
  | { readonly kind: "dropReferences"; readonly uids: readonly string[] }
  | { readonly kind: "delete"; readonly policy: Policy };

/**
 * What is to be done about an object, given its owners.
 * @see kubernetes v1.36.0 pkg/controller/garbagecollector/garbagecollector.go (attemptToDeleteItem)
 */
export function verdict(object: ApiObject, owners: readonly OwnerFact[], hasDependents: boolean): Verdict {
  if (owners.length === 0) return { kind: "keep" };
  const isSolid = ({ state }: OwnerFact) => state === "solid";
  if (owners.some(isSolid)) {
    const uids = owners.filter((owner) => !isSolid(owner)).map(({ reference }) => reference.uid);
    return uids.length === 0 ? { kind: "keep" } : { kind: "dropReferences", uids };
  }
  if (hasDependents && owners.some(({ state }) => state === "waiting")) return { kind: "delete", policy: "Foreground" };
  if (hasFinalizer(object, orphanFinalizer)) return { kind: "delete", policy: "Orphan" };
  return { kind: "delete", policy: hasFinalizer(object, foregroundFinalizer) ? "Foreground" : "Background" };
}

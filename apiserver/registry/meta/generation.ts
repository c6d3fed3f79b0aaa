import { semanticallyEqual } from "../../../api/json.ts";
import type { Kind } from "../../../api/kind.ts";
import type { ObjectMeta } from "../../../api/meta.ts";
import type { AnyObject } from "../resource.ts";

/** Sets `metadata.generation` of a new object as its row says; kinds without a rule keep what was sent. */
export function firstGeneration(kind: Kind, meta: ObjectMeta): void {
  if (kind.generation !== "none") meta.generation = 1;
}

/** One more than the old generation when what the row counts has changed. */
export function nextGeneration(kind: Kind, object: AnyObject, old: Readonly<AnyObject>): number | undefined {
  const before = old.metadata?.generation;
  if (kind.generation === "none") return object.metadata?.generation;
  if (kind.generation === "constant") return before;
  return changed(kind.generation, object, old) ? (before ?? 0) + 1 : before;
}

function changed(
  rule: Exclude<Kind["generation"], "none" | "constant">,
  object: AnyObject,
  old: Readonly<AnyObject>,
): boolean {
  const specChanged = () => !semanticallyEqual(object["spec"], old["spec"]);
  const rest = () => {
    const { metadata: _a, ...left } = object;
    const { metadata: _b, ...right } = old;
    return !semanticallyEqual(left, right);
  };
  switch (rule) {
    case "spec":
      return specChanged();
    case "spec-or-annotations":
      return specChanged() || !semanticallyEqual(object.metadata?.annotations, old.metadata?.annotations);
    case "non-metadata":
      return rest();
    case "non-metadata-or-labels":
      return rest() || !semanticallyEqual(object.metadata?.labels, old.metadata?.labels);
  }
}

import { define, isObject, type JsonObject } from "../../../api/json.ts";

/**
 * Merges `patch` into `target`, which is changed and returned: null deletes, objects merge, all else replaces.
 * Parts of the patch become part of the result. @see RFC 7386
 */
export function applyMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  for (const key of Object.keys(patch)) {
    const wanted = patch[key];
    if (wanted === null) {
      delete target[key];
    } else if (isObject(wanted)) {
      const present = Object.hasOwn(target, key) ? target[key] : undefined;
      define(target, key, applyMergePatch(isObject(present) ? present : {}, wanted));
    } else {
      define(target, key, wanted);
    }
  }
  return target;
}

import { define, isObject, type JsonObject, own } from "../../../api/json.ts";
import type { PatchFacts, SchemaModel, SchemaType } from "../../../api/schema/schema-model.ts";
import { badRequest } from "../../../api/status.ts";
import {
  deleteFromPrimitiveListPrefix,
  listsOfLists,
  patchDirective,
  retainKeysDirective,
  setElementOrderPrefix,
  unexpectedType,
  unknownPatchType,
} from "./strategic-directives.ts";
import { mergeListOfObjects, mergeListOfScalars } from "./strategic-lists.ts";

/** What the schema says of the value being patched. */
export interface PatchPlace {
  readonly model: SchemaModel;
  /** undefined: nothing is known, as inside free-form maps; lists are replaced there. */
  readonly type: SchemaType | undefined;
}

/**
 * Merges a strategic merge patch into `original`, which is changed and returned. The patch is used up.
 * @throws StatusError 400, 422 for directives that make no sense; their texts are Kubernetes', their codes ours where it
 * answers 500
 * @see k8s.io/apimachinery v0.36.0 pkg/util/strategicpatch/patch.go
 */
export function applyStrategicMergePatch(original: JsonObject, patch: JsonObject, place: PatchPlace): JsonObject {
  return mergeMap(original, patch, place);
}

function mergeMap(original: JsonObject, patch: JsonObject, place: PatchPlace): JsonObject {
  if (Object.hasOwn(patch, patchDirective)) return directedMap(patch);
  if (Object.hasOwn(patch, retainKeysDirective)) retainKeys(original, patch);
  for (const key in patch) {
    const wanted = patch[key];
    if (wanted === null) {
      delete original[key];
    } else if (key.startsWith("$")) {
      applyOrderDirective(original, patch, key, place);
    } else if (Object.hasOwn(original, key)) {
      define(original, key, mergeValue(original[key], wanted, { key, patch, place }));
    } else {
      define(original, key, newValue(wanted, { key, patch, place }));
    }
  }
  return original;
}

interface Member {
  readonly key: string;
  readonly patch: JsonObject;
  readonly place: PatchPlace;
}

function mergeValue(present: unknown, wanted: unknown, member: Member): unknown {
  const { type, facts } = fieldOf(member.place, member.key);
  if (isObject(present) && isObject(wanted)) return mergeMap(present, wanted, { model: member.place.model, type });
  if (Array.isArray(present) && Array.isArray(wanted)) return mergeLists(present, wanted, { type, facts, member });
  return newValue(wanted, member);
}

/** What a patch says about a place that holds nothing (of the same shape) yet: directives mean nothing inside its lists. */
function newValue(wanted: unknown, member: Member): unknown {
  if (!isObject(wanted)) return withoutDirectives(wanted);
  return mergeMap({}, wanted, { model: member.place.model, type: fieldOf(member.place, member.key).type });
}

interface ListPlace {
  readonly type: SchemaType | undefined;
  readonly facts: PatchFacts | undefined;
  readonly member: Member;
}

function mergeLists(present: unknown[], wanted: unknown[], { type, facts, member }: ListPlace): unknown {
  if (facts?.strategy !== "merge") return withoutDirectives(wanted);
  const { patch, key, place } = member;
  const order = orderOf(patch, key);
  const elements: PatchPlace = { model: place.model, type: type?.kind === "list" ? type.items : undefined };
  const merge = (target: JsonObject, element: JsonObject) => mergeMap(target, element, elements);
  if (facts.mergeKey !== undefined)
    return mergeListOfObjects(present, wanted, { mergeKey: facts.mergeKey, order, merge });
  const removed = own(patch, deleteFromPrimitiveListPrefix + key);
  return mergeListOfScalars(present, wanted, { order, removed: Array.isArray(removed) ? removed : [] });
}

/** `$setElementOrder/x` and `$deleteFromPrimitiveList/x` without `x` itself in the patch. */
function applyOrderDirective(original: JsonObject, patch: JsonObject, directive: string, place: PatchPlace): void {
  if (directive === retainKeysDirective) return;
  const prefix = [setElementOrderPrefix, deleteFromPrimitiveListPrefix].find((text) => directive.startsWith(text));
  if (prefix === undefined) {
    define(original, directive, patch[directive]);
    return;
  }
  const key = directive.slice(prefix.length);
  orderOf(patch, key);
  if (!Array.isArray(patch[directive])) throw unexpectedType("[]interface {}", patch[directive]);
  if (Object.hasOwn(patch, key)) return;
  const other = prefix === setElementOrderPrefix ? deleteFromPrimitiveListPrefix : setElementOrderPrefix;
  if (prefix === deleteFromPrimitiveListPrefix && Object.hasOwn(patch, other + key)) return;
  const present = own(original, key);
  if (!Array.isArray(present)) return;
  const { type, facts } = fieldOf(place, key);
  define(original, key, mergeLists(present, [], { type, facts, member: { key, patch, place } }));
}

function orderOf(patch: JsonObject, key: string): unknown[] | undefined {
  const order = own(patch, setElementOrderPrefix + key);
  if (order === undefined) return undefined;
  if (!Array.isArray(order)) throw unexpectedType("[]interface {}", order);
  return order;
}

/** `{"$patch":"replace",…}` is the map without the directive, `delete` an empty one. */
function directedMap(patch: JsonObject): JsonObject {
  const directive = patch[patchDirective];
  if (directive === "replace") {
    const { [patchDirective]: _directive, ...rest } = patch;
    return rest;
  }
  if (directive === "delete") return {};
  throw unknownPatchType(directive, patch);
}

/** Drops what `$retainKeys` does not list; everything the patch sets must be listed. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  const listed = patch[retainKeysDirective];
  if (!Array.isArray(listed)) throw badRequest("invalid patch format of retainKeys");
  const kept = new Set<unknown>(listed);
  for (const key in patch) {
    if (patch[key] === null || key.startsWith("$")) continue;
    if (!kept.has(key)) throw badRequest("invalid patch format of retainKeys");
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}

function fieldOf(place: PatchPlace, key: string): { type: SchemaType | undefined; facts: PatchFacts | undefined } {
  const { type, model } = place;
  if (type?.kind === "map") return { type: type.values, facts: undefined };
  if (type?.kind !== "object") return { type: undefined, facts: undefined };
  const field = model.definition(type.definition)?.fields.get(key);
  return { type: field?.type, facts: field?.patch };
}

/** A patch value taken as it is: nulls and directives in its maps mean nothing there. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => {
      if (Array.isArray(item)) throw listsOfLists();
      return item;
    });
  }
  return value;
}

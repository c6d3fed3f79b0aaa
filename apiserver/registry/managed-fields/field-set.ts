import { equalJson, isObject, type JsonObject } from "../../../api/json.ts";
import type { FieldSchema, PatchFacts, SchemaModel, SchemaType } from "../../../api/schema/schema-model.ts";

/**
 * FieldsV1: what is owned, as a tree by path element (`f:` field, `k:` keyed element, `v:` set member). A node without
 * children is a member itself; one with children is a member if it has `.`.
 */
export interface FieldsV1 {
  [element: string]: FieldsV1;
}

/** A value's place in the schema. */
interface Place {
  readonly type: SchemaType | undefined;
  /** What the field says of how its list or map is owned; absent for elements. */
  readonly facts: PatchFacts | undefined;
  /** The field is written even when empty, so it is there before anybody sets anything in it. */
  readonly always: boolean;
}

export interface FieldChanges {
  /** New fields and those with another value. */
  readonly changed: FieldsV1 | undefined;
  readonly removed: FieldsV1 | undefined;
}

const noChanges: FieldChanges = { changed: undefined, removed: undefined };
const unknownPlace: Place = { type: undefined, facts: undefined, always: false };

/** Never recorded: the object's identity and what the server writes. */
const untracked = new Set([
  "name",
  "generateName",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
]);

/** Finds which fields of objects are set or changed. @see sigs.k8s.io/structured-merge-diff v6 typed/compare.go */
export class FieldSets {
  readonly #model: SchemaModel;
  /** List-map keys in the order they are written. */
  readonly #sortedKeys = new WeakMap<PatchFacts, readonly string[]>();

  /** A place says nothing but what its field does, so each field's is made once. */
  readonly #places = new WeakMap<FieldSchema, Place>();

  constructor(model: SchemaModel) {
    this.#model = model;
  }

  /** What a new object sets; undefined: nothing. */
  created(object: Readonly<object>, options: { definition: string; skipStatus: boolean }): FieldsV1 | undefined {
    return this.changes(object, {}, options).changed;
  }

  /** How `now` differs from `old`. */
  changes(
    now: Readonly<object>,
    old: Readonly<object>,
    { definition, skipStatus }: { definition: string; skipStatus: boolean },
  ): FieldChanges {
    const place: Place = { type: { kind: "object", definition }, facts: undefined, always: true };
    return this.#members(trackedPart(now, skipStatus), trackedPart(old, skipStatus), place);
  }

  #difference(now: unknown, old: unknown, place: Place): FieldChanges {
    if (now === old) return noChanges;
    if (isObject(now) && isObject(old) && !this.#isLeaf(place)) return this.#members(now, old, place);
    if (Array.isArray(now) && Array.isArray(old) && isKeyed(place)) return this.#elements(now, old, place);
    return equalJson(now, old) ? noChanges : { changed: this.#whole(now, place), removed: undefined };
  }

  #members(now: JsonObject, old: JsonObject, place: Place): FieldChanges {
    let changed: FieldsV1 | undefined;
    let removed: FieldsV1 | undefined;
    for (const key in now) {
      const value = now[key];
      if (value === undefined) continue;
      const at = this.#member(place, key);
      const before = old[key];
      const inner = before === undefined ? this.#added(value, at) : this.#difference(value, before, at);
      if (inner.changed !== undefined) {
        changed ??= {};
        changed[`f:${key}`] = inner.changed;
      }
      if (inner.removed !== undefined) {
        removed ??= {};
        removed[`f:${key}`] = inner.removed;
      }
    }
    for (const key in old) {
      if (old[key] === undefined || now[key] !== undefined) continue;
      removed ??= {};
      removed[`f:${key}`] = this.#whole(old[key], this.#member(place, key));
    }
    return { changed, removed };
  }

  /** A field that was not there: containers that are always written count as having been empty. */
  #added(value: unknown, place: Place): FieldChanges {
    if (!place.always) return { changed: this.#whole(value, place), removed: undefined };
    if (isObject(value) && !this.#isLeaf(place)) return this.#members(value, {}, place);
    if (Array.isArray(value) && isKeyed(place)) return this.#elements(value, [], place);
    return isZero(value) ? noChanges : { changed: this.#whole(value, place), removed: undefined };
  }

  #elements(now: readonly unknown[], old: readonly unknown[], place: Place): FieldChanges {
    const before = new Map(old.map((item) => [this.#elementKey(item, place), item]));
    const at = elementOf(place);
    let changed: FieldsV1 | undefined;
    let removed: FieldsV1 | undefined;
    for (const item of now) {
      const key = this.#elementKey(item, place);
      const inner = before.has(key)
        ? this.#difference(item, before.get(key), at)
        : { changed: this.#whole(item, at), removed: undefined };
      before.delete(key);
      if (inner.changed !== undefined) {
        changed ??= {};
        changed[key] = inner.changed;
      }
      if (inner.removed !== undefined) {
        removed ??= {};
        removed[key] = inner.removed;
      }
    }
    for (const [key, item] of before) {
      removed ??= {};
      removed[key] = this.#whole(item, at);
    }
    return { changed, removed };
  }

  /** A value with all that is in it. */
  #whole(value: unknown, place: Place): FieldsV1 {
    if (Array.isArray(value)) return isKeyed(place) ? this.#wholeList(value, place) : {};
    if (!isObject(value) || this.#isLeaf(place)) return {};
    let fields: FieldsV1 | undefined;
    for (const key in value) {
      if (value[key] === undefined) continue;
      fields ??= { ".": {} };
      fields[`f:${key}`] = this.#whole(value[key], this.#member(place, key));
    }
    return fields ?? {};
  }

  #wholeList(list: readonly unknown[], place: Place): FieldsV1 {
    if (list.length === 0) return {};
    const fields: FieldsV1 = { ".": {} };
    const at = elementOf(place);
    for (const item of list) fields[this.#elementKey(item, place)] = this.#whole(item, at);
    return fields;
  }

  /** `k:{"containerPort":80,"protocol":"TCP"}`; keys that an element lacks have their default. */
  #elementKey(item: unknown, place: Place): string {
    const { facts, type } = place;
    if (facts?.listType !== "map" || !isObject(item)) return `v:${JSON.stringify(item)}`;
    let names = this.#sortedKeys.get(facts);
    if (names === undefined) {
      names = [...facts.mapKeys].sort();
      this.#sortedKeys.set(facts, names);
    }
    let text = "";
    for (const name of names) {
      const value = item[name] ?? this.#keyDefault(type, name);
      if (value !== undefined) text += `${text === "" ? "" : ","}"${name}":${JSON.stringify(value)}`;
    }
    return `k:{${text}}`;
  }

  #keyDefault(type: SchemaType | undefined, name: string): string | undefined {
    if (type?.kind !== "list" || type.items.kind !== "object") return undefined;
    return this.#model.definition(type.items.definition)?.fields.get(name)?.published;
  }

  #member({ type }: Place, key: string): Place {
    if (type?.kind === "map") return { type: type.values, facts: undefined, always: false };
    if (type?.kind !== "object") return unknownPlace;
    const field = this.#model.definition(type.definition)?.fields.get(key);
    if (field === undefined) return unknownPlace;
    let place = this.#places.get(field);
    if (place === undefined) {
      place = { type: field.type, facts: field.patch, always: field.always };
      this.#places.set(field, place);
    }
    return place;
  }

  /** Owned as one value. */
  #isLeaf({ type, facts }: Place): boolean {
    if (facts?.atomicMap === true) return true;
    if (type?.kind === "map") return false;
    return type?.kind !== "object" || this.#model.definition(type.definition)?.atomic !== false;
  }
}

const isKeyed = ({ facts }: Place) => facts?.listType === "map" || facts?.listType === "set";

const elementOf = ({ type }: Place): Place => ({
  type: type?.kind === "list" ? type.items : undefined,
  facts: undefined,
  always: false,
});

const isZero = (value: unknown) => value === null || value === "" || value === 0 || value === false;

/** The object without its identity and what the server writes. */
function trackedPart(object: Readonly<object>, skipStatus: boolean): JsonObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object as JsonObject;
  if (skipStatus) delete rest["status"];
  const meta: JsonObject = {};
  if (isObject(metadata)) for (const key in metadata) if (!untracked.has(key)) meta[key] = metadata[key];
  return { metadata: meta, ...rest };
}

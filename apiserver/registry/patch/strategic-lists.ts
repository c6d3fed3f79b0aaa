import { equalJson, isObject, type JsonObject } from "../../../api/json.ts";
import { badRequest } from "../../../api/status.ts";
import { goValue, listsOfLists, patchDirective, unexpectedType, unknownPatchType } from "./strategic-directives.ts";

export interface ObjectListOptions {
  readonly mergeKey: string;
  /** `$setElementOrder`: maps that hold at least the merge key. */
  readonly order: readonly unknown[] | undefined;
  /** Merges an element of the patch into one that is there. */
  merge(target: JsonObject, element: JsonObject): JsonObject;
}

/** Joins two lists of maps by their merge key. */
export function mergeListOfObjects(present: unknown[], patch: unknown[], options: ObjectListOptions): unknown[] {
  const { mergeKey, order, merge } = options;
  const replacement = replacedList(patch);
  if (replacement !== undefined) return replacement;
  let result = [...present];
  const merged: JsonObject[] = [];
  for (const item of patch) {
    if (Array.isArray(item)) throw listsOfLists();
    if (!isObject(item)) throw unexpectedType("map[string]interface {}", item);
    const id = keyOf(item, mergeKey);
    const directive = item[patchDirective];
    if (directive === "delete") {
      result = result.filter((other) => !matches(other, mergeKey, id));
      continue;
    }
    if (directive === "merge") throw badRequest("merging lists cannot yet be specified in the patch");
    if (directive !== undefined) throw unknownPatchType(directive, item);
    const index = result.findIndex((other) => matches(other, mergeKey, id));
    const target = index < 0 ? {} : (result[index] as JsonObject);
    const element = merge(target, item);
    if (index < 0) result.push(element);
    else result[index] = element;
    merged.push(item);
  }
  const idOf = (item: unknown) => (isObject(item) ? item[mergeKey] : undefined);
  const patchIds = merged.map(idOf);
  const orderIds = order?.map((item) => {
    if (!isObject(item)) throw unexpectedType("map[string]interface {}", item);
    return keyOf(item, mergeKey);
  });
  if (orderIds !== undefined) checkOrder(patch, patchIds, order ?? [], orderIds);
  return reordered(result, { idOf, listed: orderIds ?? patchIds, original: present.map(idOf) });
}

/** Elements of `patch` when one of them says that the whole list is replaced. */
function replacedList(patch: readonly unknown[]): unknown[] | undefined {
  if (!patch.some((item) => isObject(item) && item[patchDirective] === "replace")) return undefined;
  return patch.filter((item) => !(isObject(item) && Object.hasOwn(item, patchDirective)));
}

export interface ScalarListOptions {
  readonly order: readonly unknown[] | undefined;
  /** `$deleteFromPrimitiveList`. */
  readonly removed: readonly unknown[];
}

/** Joins two lists of scalars as sets. */
export function mergeListOfScalars(
  present: unknown[],
  patch: unknown[],
  { order, removed }: ScalarListOptions,
): unknown[] {
  const result: unknown[] = [];
  for (const item of [...present.filter((value) => !removed.includes(value)), ...patch]) {
    if (Array.isArray(item)) throw listsOfLists();
    if (!result.includes(item)) result.push(item);
  }
  if (order !== undefined) checkOrder(patch, patch, order, order);
  return reordered(result, { idOf: (item) => item, listed: order ?? patch, original: present });
}

function keyOf(item: JsonObject, mergeKey: string): unknown {
  if (Object.hasOwn(item, mergeKey)) return item[mergeKey];
  throw badRequest(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
}

const matches = (item: unknown, mergeKey: string, id: unknown) => isObject(item) && equalJson(item[mergeKey], id);

/** Every element of the patch must be listed, in the same order. */
function checkOrder(
  patch: readonly unknown[],
  patchIds: readonly unknown[],
  order: readonly unknown[],
  orderIds: readonly unknown[],
): void {
  let at = 0;
  for (const id of patchIds) {
    while (at < orderIds.length && !equalJson(orderIds[at], id)) at++;
    if (at >= orderIds.length) {
      const lines = (list: readonly unknown[]) => `[${list.map(goValue).join(" ")}]`;
      throw badRequest(
        `The order in patch list:\n${lines(patch)}\n doesn't match ${"$"}setElementOrder list:\n${lines(order)}\n`,
      );
    }
    at++;
  }
}

interface OrderOptions {
  readonly idOf: (item: unknown) => unknown;
  readonly listed: readonly unknown[];
  /** Ids of the list before the patch. */
  readonly original: readonly unknown[];
}

/**
 * Listed elements in the order listed; the others, which only the server has, keep their place before the first listed
 * element that followed them.
 */
function reordered(items: readonly unknown[], { idOf, listed, original }: OrderOptions): unknown[] {
  const rank = (id: unknown) => listed.findIndex((other) => equalJson(other, id));
  const place = (id: unknown) => original.findIndex((other) => equalJson(other, id));
  const named = items.filter((item) => rank(idOf(item)) >= 0).sort((a, b) => rank(idOf(a)) - rank(idOf(b)));
  const others = items.filter((item) => rank(idOf(item)) < 0);
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const itsPlace = place(idOf(item));
    for (; next < others.length && itsPlace >= 0 && place(idOf(others[next])) < itsPlace; next++)
      result.push(others[next]);
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

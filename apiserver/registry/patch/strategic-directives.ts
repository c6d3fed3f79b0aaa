import { isObject, type JsonObject } from "../../../api/json.ts";
import { badRequest, failure } from "../../../api/status.ts";

export const patchDirective = "$patch";
export const retainKeysDirective = "$retainKeys";
export const setElementOrderPrefix = "$setElementOrder/";
export const deleteFromPrimitiveListPrefix = "$deleteFromPrimitiveList/";

export function unknownPatchType(directive: unknown, patch: JsonObject) {
  return badRequest(`unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`);
}

/** How Go prints a value with `%v`. */
export function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (isObject(value)) {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${key}:${goValue(value[key])}`);
    return `map[${entries.join(" ")}]`;
  }
  return value === null || value === undefined ? "<nil>" : String(value);
}

export const listsOfLists = () =>
  failure({ code: 422, reason: "Invalid", message: "lists of lists are not supported", details: {} });

/** What Go's type switch says when a directive is of the wrong type. */
export function unexpectedType(expected: string, value: unknown) {
  return badRequest(`expected a ${expected}, but received a ${goType(value)}`);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isObject(value)) return "map[string]interface {}";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return value === null ? "<nil>" : typeof value;
}

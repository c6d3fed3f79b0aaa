import type { FieldsV1 } from "./field-set.ts";

/** The members of both. */
export function union(a: FieldsV1 | undefined, b: FieldsV1 | undefined): FieldsV1 | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const result: FieldsV1 = {};
  if (isMember(a) || isMember(b)) result["."] = {};
  for (const key in a)
    if (key !== ".") result[key] = Object.hasOwn(b, key) ? (union(a[key], b[key]) ?? {}) : (a[key] ?? {});
  for (const key in b) if (key !== "." && !Object.hasOwn(a, key)) result[key] = b[key] ?? {};
  return hasChildren(result) ? result : {};
}

/** The members of `a` that are none of `b`; undefined: none is left. */
export function difference(a: FieldsV1, b: FieldsV1 | undefined): FieldsV1 | undefined {
  if (b === undefined) return a;
  const member = isMember(a) && !isMember(b);
  let result: FieldsV1 | undefined;
  for (const key in a) {
    if (key === ".") continue;
    const child = a[key] ?? {};
    const rest = Object.hasOwn(b, key) ? difference(child, b[key]) : child;
    if (rest === undefined) continue;
    result ??= member ? { ".": {} } : {};
    result[key] = rest;
  }
  return result ?? (member ? {} : undefined);
}

/** A leaf, or a container that is owned itself. */
function isMember(node: FieldsV1): boolean {
  return Object.hasOwn(node, ".") || !hasChildren(node);
}

function hasChildren(node: FieldsV1): boolean {
  for (const key in node) if (key !== ".") return true;
  return false;
}

import { type FieldError, forbiddenField, invalidValue, tooLong } from "../../../api/field-errors.ts";
import type { ConfigMap } from "../../../api/generated/types.ts";
import { semanticallyEqual } from "../../../api/json.ts";
import type { Strategy } from "../strategy.ts";

const maxBytes = 1024 * 1024;

/** What is wrong with a key of a ConfigMap's or Secret's data. */
export function checkDataKey(key: string): string[] {
  const found: string[] = [];
  if (key.length > 253) found.push("must be no more than 253 characters");
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    found.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
        "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === ".") found.push("must not be '.'");
  else if (key === "..") found.push("must not be '..'");
  else if (key.startsWith("..")) found.push("must not start with '..'");
  return found;
}

export const decodedBytes = (base64: string) =>
  Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);

/** `immutable: true` cannot be unset, and `fields` cannot change any more. */
export function immutableErrors<T extends { immutable?: boolean }>(
  object: T,
  old: Readonly<T>,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (old.immutable !== true) return [];
  const detail = "field is immutable when `immutable` is set";
  if (object.immutable !== true) return [forbiddenField("immutable", detail)];
  const changed = fields.filter((field) => !semanticallyEqual(object[field], old[field]));
  return changed.map((field) => forbiddenField(field, detail));
}

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go ValidateConfigMap */
export const configMapStrategy: Strategy<ConfigMap> = {
  validate({ data = {}, binaryData = {} }) {
    const errors: FieldError[] = [];
    let sizeBytes = 0;
    for (const [key, value] of Object.entries(data)) {
      errors.push(...checkDataKey(key).map((text) => invalidValue(`data[${key}]`, key, text)));
      if (Object.hasOwn(binaryData, key)) {
        errors.push(invalidValue(`data[${key}]`, key, "duplicate of key present in binaryData"));
      }
      sizeBytes += Buffer.byteLength(value);
    }
    for (const [key, value] of Object.entries(binaryData)) {
      errors.push(...checkDataKey(key).map((text) => invalidValue(`binaryData[${key}]`, key, text)));
      sizeBytes += decodedBytes(value);
    }
    if (sizeBytes > maxBytes) errors.push({ ...tooLong("[]", maxBytes) });
    return errors;
  },
  validateUpdate: (object, old) => immutableErrors(object, old, ["data", "binaryData"]),
};

import { type FieldError, invalidValue, required } from "../../../api/field-errors.ts";
import type { LabelSelector } from "../../../api/generated/types.ts";
import { checkLabelValue, checkQualifiedName, type NameCheck } from "../meta/names.ts";

/** Several finds under one field. */
export const problems = (field: string, value: unknown, texts: readonly string[]): FieldError[] =>
  texts.map((text) => invalidValue(field, value, text));

/** A required string that a check must find nothing in. */
export function named(field: string, value: string | undefined, check: NameCheck): FieldError[] {
  return value ? problems(field, value, check(value)) : [required(field)];
}

/** One of a list, shown in the order given. */
export function oneOf(field: string, value: unknown, allowed: readonly string[]): FieldError[] {
  if (typeof value === "string" && allowed.includes(value)) return [];
  const list = allowed.map((item) => JSON.stringify(item)).join(", ");
  return [{ type: "FieldValueNotSupported", field, value, detail: `supported values: ${list}` }];
}

export function notNegative(field: string, value: number | undefined): FieldError[] {
  return value === undefined || value >= 0 ? [] : [invalidValue(field, value, "must be greater than or equal to 0")];
}

export function between(field: string, value: number, { first, last }: { first: number; last: number }): FieldError[] {
  return value >= first && value <= last
    ? []
    : [invalidValue(field, value, `must be between ${first} and ${last}, inclusive`)];
}

export const portNumber = (field: string, value: number): FieldError[] =>
  between(field, value, { first: 1, last: 65535 });

/** IANA service names. */
export const checkPortName: NameCheck = (name) => {
  const found: string[] = [];
  if (name.length > 15) found.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(name)) found.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(name)) found.push("must contain at least one letter (a-z)");
  if (name.includes("--")) found.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) found.push("must not begin or end with a hyphen");
  return found;
};

export function portNumberOrName(field: string, value: unknown): FieldError[] {
  if (typeof value === "string") return problems(field, value, checkPortName(value));
  return portNumber(field, typeof value === "number" ? value : 0);
}

export function labelSelectorErrors(selector: Readonly<LabelSelector> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    errors.push(...problems(`${field}.matchLabels`, key, checkQualifiedName(key)));
    errors.push(...problems(`${field}.matchLabels`, value, checkLabelValue(value)));
  }
  for (const [index, { key, operator, values }] of (selector?.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${index}]`;
    const count = values?.length ?? 0;
    if (operator === "In" || operator === "NotIn") {
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (count > 0) {
        errors.push({
          type: "FieldValueForbidden",
          field: `${at}.values`,
          detail: "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        });
      }
    } else {
      errors.push(invalidValue(`${at}.operator`, operator, "not a valid selector operator"));
    }
    errors.push(...problems(`${at}.key`, key, checkQualifiedName(key ?? "")));
  }
  return errors;
}

/** The closed set of things that may be wrong with a field. @see k8s.io/apimachinery v0.36.0 pkg/util/validation/field/errors.go */
export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueTypeInvalid"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueNotFound"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTooFew"
  | "FieldValueTooShort"
  | "InternalError";

export interface FieldError {
  readonly type: FieldErrorType;
  /** JSON path: `spec.containers[0].name`, `metadata.labels[app]`. */
  readonly field: string;
  /** Absent for types that do not show a value. */
  readonly value?: unknown;
  readonly detail: string;
}

const labels = {
  FieldValueRequired: { label: "Required value", showsValue: false },
  FieldValueInvalid: { label: "Invalid value", showsValue: true },
  FieldValueTypeInvalid: { label: "Invalid value", showsValue: true },
  FieldValueNotSupported: { label: "Unsupported value", showsValue: true },
  FieldValueDuplicate: { label: "Duplicate value", showsValue: true },
  FieldValueForbidden: { label: "Forbidden", showsValue: false },
  FieldValueNotFound: { label: "Not found", showsValue: true },
  FieldValueTooLong: { label: "Too long", showsValue: false },
  FieldValueTooMany: { label: "Too many", showsValue: true },
  FieldValueTooFew: { label: "Too few", showsValue: false },
  FieldValueTooShort: { label: "Too short", showsValue: false },
  InternalError: { label: "Internal error", showsValue: false },
} as const satisfies Record<FieldErrorType, { label: string; showsValue: boolean }>;

/** `Invalid value: "x": must be y`: the message without its field. */
export function fieldErrorMessage(error: FieldError): string {
  const { label, showsValue } = labels[error.type];
  const head = showsValue ? `${label}: ${formatValue(error.value)}` : label;
  return error.detail === "" ? head : `${head}: ${error.detail}`;
}

function formatValue(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}

export const required = (field: string, detail = ""): FieldError => ({ type: "FieldValueRequired", field, detail });

export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  type: "FieldValueInvalid",
  field,
  value,
  detail,
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: "FieldValueNotSupported",
  field,
  value,
  detail: `supported values: ${[...supported]
    .sort()
    .map((item) => JSON.stringify(item))
    .join(", ")}`,
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  type: "FieldValueDuplicate",
  field,
  value,
  detail: "",
});

export const forbiddenField = (field: string, detail: string): FieldError => ({
  type: "FieldValueForbidden",
  field,
  detail,
});

export const notFoundField = (field: string, value: unknown): FieldError => ({
  type: "FieldValueNotFound",
  field,
  value,
  detail: "",
});

export const tooLong = (field: string, maxBytes: number): FieldError => ({
  type: "FieldValueTooLong",
  field,
  detail: `may not be more than ${maxBytes} bytes`,
});

export const immutable = (field: string, value: unknown): FieldError =>
  invalidValue(field, value, "field is immutable");

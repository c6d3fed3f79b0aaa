import type { SchemaType } from "../../api/schema/schema-model.ts";

/** The decoder gave up on a body; `message` is the text users see. */
export class DecodeError extends Error {
  /** Path of the value, where it is known: `spec.containers[0].image`. */
  readonly field: string;
  readonly value: unknown;

  constructor(message: string, at: { field: string; value: unknown } = { field: "", value: undefined }) {
    super(message);
    this.name = "DecodeError";
    this.field = at.field;
    this.value = at.value;
  }
}

/** What Go's JSON decoder calls a value. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

/** What Go calls a type: `[]v1.Container`. */
export function goType(type: SchemaType): string {
  switch (type.kind) {
    case "list":
      return `[]${goType(type.items)}`;
    case "map":
      return type.values.kind === "quantity" ? "v1.ResourceList" : `map[string]${goType(type.values)}`;
    case "object":
      return type.definition.slice(type.definition.indexOf(".") + 1);
    case "double":
      return "float64";
    case "bytes":
      return "[]uint8";
    default:
      return type.kind;
  }
}

/** What the converter says of a value that does not fit. @see k8s.io/apimachinery v0.36.0 pkg/runtime/converter.go */
export function unconvertible(value: unknown, type: SchemaType): string {
  const given = valueKind(value);
  switch (type.kind) {
    case "object":
      return `cannot restore struct from: ${given}`;
    case "map":
      return `cannot restore map from ${given}`;
    case "list":
    case "bytes":
      return `cannot restore slice from ${given}`;
    case "string":
      return given === "int64" ? "cannot convert int64 to string" : "unrecognized type: string";
    case "int32":
    case "int64":
      return given === "float64" ? `cannot convert float64 to ${type.kind}` : `unrecognized type: ${type.kind}`;
    default:
      return `unrecognized type: ${type.kind === "double" ? "float64" : type.kind}`;
  }
}

function valueKind(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : typeof value === "string" ? "string" : "map";
}

import { isObject } from "../../api/json.ts";
import { canonicalQuantity, canonicalResource, QuantityError } from "../../api/quantity.ts";
import type { Definition, FieldSchema, SchemaModel, SchemaType } from "../../api/schema/schema-model.ts";
import type { Wording } from "./body-schema.ts";
import { DecodeError, goType, jsonTypeName, unconvertible } from "./validate-errors.ts";
import { canonicalTime } from "./validate-time.ts";

/** Where the walk is: the struct and path that errors name, and the path with indices. */
interface Place {
  readonly struct: string;
  readonly goPath: string;
  readonly path: string;
  /** The field's type in Go, where it is not the plain one. */
  readonly goType: string | undefined;
}

const dropped = Symbol("dropped");

/**
 * One walk over one body, making of it what Kubernetes' decoder would: unknown fields, nulls and zero values that are not
 * written go; quantities and times take their canonical form; numbers that are not whole or too large are refused.
 */
export class SchemaWalk {
  readonly unknownFields: string[] = [];
  /** The first thing that was wrong. */
  error: DecodeError | undefined;
  readonly #model: SchemaModel;
  readonly #wording: Wording;
  #aborted = false;

  constructor(model: SchemaModel, wording: Wording = "decoder") {
    this.#model = model;
    this.#wording = wording;
  }

  /** Sets `object` right in place. */
  root(object: Record<string, unknown>, definition: Definition): void {
    const place: Place = { struct: structName(definition), goPath: "", path: "", goType: undefined };
    for (const key of Object.keys(object)) {
      const made = this.#member(key, object[key], definition, place);
      if (made === dropped) delete object[key];
      else if (made !== object[key]) object[key] = made;
    }
  }

  #member(key: string, value: unknown, definition: Definition, place: Place): unknown {
    const field = definition.fields.get(key);
    const path = place.path === "" ? key : `${place.path}.${key}`;
    if (field === undefined) {
      this.unknownFields.push(path);
      return dropped;
    }
    if (value === null) return zeroOfMember(field);
    const goKey = field.inlinedFrom === undefined ? key : `${field.inlinedFrom}.${key}`;
    const goPath = place.goPath === "" ? goKey : `${place.goPath}.${goKey}`;
    const made = this.#value(value, field.type, { struct: place.struct, goPath, path, goType: field.goType });
    if (!isZero(made, field.type)) return made;
    if (field.always && field.type.kind === "list") return null;
    return keepsZero(field) ? made : dropped;
  }

  #value(value: unknown, type: SchemaType, place: Place): unknown {
    switch (type.kind) {
      case "object":
        return this.#object(value, type, place);
      case "list":
        return this.#list(value, type, place);
      case "map":
        return this.#map(value, type, place);
      default:
        return this.#scalar(value, type, place);
    }
  }

  #object(value: unknown, type: SchemaType & { kind: "object" }, place: Place): unknown {
    if (!isObject(value)) return this.#fail(this.#mismatch(value, type, place));
    const definition = this.#model.definition(type.definition);
    if (definition === undefined) return value;
    const inner: Place = { struct: structName(definition), goPath: place.goPath, path: place.path, goType: undefined };
    const made: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const member = this.#member(key, value[key], definition, inner);
      if (member !== dropped) made[key] = member;
    }
    return made;
  }

  #list(value: unknown, type: SchemaType & { kind: "list" }, place: Place): unknown {
    if (!Array.isArray(value)) return this.#fail(this.#mismatch(value, type, place));
    const made: unknown[] = [];
    for (const [index, item] of value.entries()) {
      const path = `${place.path}[${index}]`;
      const element =
        item === null
          ? zeroOf(type.items)
          : this.#value(item, type.items, { ...place, path, goType: place.goType?.slice("[]".length) });
      if (element !== dropped) made.push(element);
    }
    return made;
  }

  #map(value: unknown, type: SchemaType & { kind: "map" }, place: Place): unknown {
    if (!isObject(value)) return this.#fail(this.#mismatch(value, type, place));
    const made: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      const path = `${place.path}.${key}`;
      const element =
        item === null
          ? zeroOf(type.values)
          : this.#value(item, type.values, { ...place, path, goType: place.goType?.replace(/^map\[[^\]]*\]/, "") });
      if (element === dropped) continue;
      made.push([key, type.values.kind === "quantity" ? canonicalResource(String(element)) : element]);
    }
    return Object.fromEntries(made);
  }

  #scalar(value: unknown, type: SchemaType, place: Place): unknown {
    switch (type.kind) {
      case "string":
        return typeof value === "string" ? value : this.#fail(this.#mismatch(value, type, place));
      case "bool":
        return typeof value === "boolean" ? value : this.#fail(this.#mismatch(value, type, place));
      case "double":
        return typeof value === "number" ? value : this.#fail(this.#mismatch(value, type, place));
      case "int32":
        return this.#integer(value, type, { max: maxInt32, place });
      case "int64":
        return this.#integer(value, type, { max: 2 ** 63, place });
      case "bytes":
        return this.#bytes(value, type, place);
      case "time":
      case "microTime":
        return this.#time(value, type.kind, place);
      case "quantity":
        return this.#quantity(value);
      case "intOrString":
        return this.#intOrString(value, place);
      default:
        return value;
    }
  }

  #integer(value: unknown, type: SchemaType, { max, place }: { max: number; place: Place }): unknown {
    if (isInteger(value, max)) return value;
    return this.#fail(this.#mismatch(value, type, place));
  }

  #intOrString(value: unknown, place: Place): unknown {
    if (typeof value === "string" || isInteger(value, maxInt32)) return value;
    return this.#abort(this.#ownMismatch(value, { kind: "int32" }, place));
  }

  #bytes(value: unknown, type: SchemaType, place: Place): unknown {
    if (typeof value !== "string") return this.#fail(this.#mismatch(value, type, place));
    const text = value.replaceAll(/[\r\n]/g, "");
    const bad = /[^A-Za-z0-9+/]/.exec(text.replace(/={1,2}$/, ""));
    if (bad === null && text.length % 4 === 0) return text;
    const problem = `illegal base64 data at input byte ${bad?.index ?? text.length - (text.length % 4)}`;
    return this.#fail(
      new DecodeError(this.#wording === "converter" ? `error decoding from json: ${problem}` : problem),
    );
  }

  #time(value: unknown, kind: "time" | "microTime", place: Place): unknown {
    if (typeof value !== "string") return this.#abort(this.#ownMismatch(value, { kind: "string" }, place));
    const made = canonicalTime(value, kind);
    return made.kind === "time" ? made.text : this.#abort(new DecodeError(made.problem));
  }

  #quantity(value: unknown): unknown {
    try {
      return canonicalQuantity(typeof value === "object" ? "{}" : String(value).trim());
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      return this.#abort(new DecodeError(error.message));
    }
  }

  #mismatch(value: unknown, type: SchemaType, place: Place): DecodeError {
    if (this.#wording === "decoder") return mismatch(value, type, place);
    return new DecodeError(unconvertible(value, type), { field: place.path, value });
  }

  /** Of a type that decodes itself, which the converter tells nothing of where it stands. */
  #ownMismatch(value: unknown, type: SchemaType, place: Place): DecodeError {
    const error = mismatch(value, type, place);
    if (this.#wording === "decoder") return error;
    const message = error.message.replace(/Go struct field \S+ of/, "Go value of");
    return new DecodeError(message, { field: place.path, value });
  }

  /** The decoder notes the first of these and goes on. */
  #fail(error: DecodeError): typeof dropped {
    this.error ??= error;
    return dropped;
  }

  /** A type that decodes itself ends the decoding; its error is the one that is told. */
  #abort(error: DecodeError): typeof dropped {
    if (!this.#aborted) this.error = error;
    this.#aborted = true;
    return dropped;
  }
}

const maxInt32 = 2 ** 31 - 1;

const isInteger = (value: unknown, max: number) =>
  typeof value === "number" && Number.isInteger(value) && value <= max && value >= -max - 1;

function mismatch(value: unknown, type: SchemaType, place: Place): DecodeError {
  const wantsInteger = type.kind === "int32" || type.kind === "int64";
  const shown = wantsInteger && typeof value === "number" ? `number ${value}` : jsonTypeName(value);
  const where = `${place.struct}.${place.goPath}`;
  return new DecodeError(
    `json: cannot unmarshal ${shown} into Go struct field ${where} of type ${place.goType ?? goType(type)}`,
    { field: place.path, value },
  );
}

const structName = (definition: Definition) => definition.shortName.slice(definition.shortName.lastIndexOf(".") + 1);

const keepsZero = (field: FieldSchema) => field.pointer || field.always || field.required;

/** What the decoder makes of a null member: of those that are always written, null where that is their zero. */
function zeroOfMember({ type, pointer, always }: FieldSchema): unknown {
  if (type.kind === "quantity" && !pointer) return "0";
  return always && (pointer || zeroOf(type) === null) ? null : dropped;
}

/** Empty structs are not zero: they are written as `{}`. */
function isZero(value: unknown, type: SchemaType): boolean {
  if (value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return type.kind === "map" && isObject(value) && Object.keys(value).length === 0;
}

/** What the decoder makes of a null element. */
function zeroOf(type: SchemaType): unknown {
  switch (type.kind) {
    case "string":
    case "bytes":
      return "";
    case "bool":
      return false;
    case "int32":
    case "int64":
    case "double":
    case "intOrString":
      return 0;
    case "quantity":
      return "0";
    case "object":
      return {};
    default:
      return null;
  }
}

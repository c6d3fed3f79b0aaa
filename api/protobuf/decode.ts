import type { Definition, FieldSchema, SchemaModel, SchemaType } from "../schema/schema-model.ts";
import { ProtobufError, WireReader, type WireType } from "./wire.ts";

export interface DecodedEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object in its JSON form, apiVersion and kind included. */
  readonly value: Record<string, unknown>;
}

const magic = [0x6b, 0x38, 0x73, 0x00] as const;

/**
 * The JSON form of a Kubernetes protobuf body: the magic `k8s\0`, then an envelope that names the kind.
 * @throws {@link ProtobufError} when the bytes are cut off or malformed, or the kind is not served
 * @see k8s.io/apimachinery v0.36.0 pkg/runtime/serializer/protobuf/protobuf.go
 */
export function decodeProtobuf(body: Uint8Array, model: SchemaModel): DecodedEnvelope {
  if (body.length === 0) throw new ProtobufError("empty data");
  if (magic.some((byte, index) => body[index] !== byte)) {
    throw new ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  if (body.length === magic.length) throw new ProtobufError("empty body");
  const { apiVersion, kind, raw } = readEnvelope(body.subarray(magic.length));
  const definition = definitionOf(apiVersion, kind, model);
  if (definition === undefined)
    throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  const value: Record<string, unknown> = { apiVersion, kind };
  new MessageDecoder(model).into(value, raw, definition);
  return { apiVersion, kind, value };
}

function readEnvelope(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  const envelope = { apiVersion: "", kind: "", raw: new Uint8Array() };
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1) {
      const type = new WireReader(reader.bytes());
      while (!type.done) {
        const field = type.tag();
        if (field.number === 1) envelope.apiVersion = type.text();
        else if (field.number === 2) envelope.kind = type.text();
        else type.skip(field.wireType);
      }
    } else if (number === 2) envelope.raw = Uint8Array.from(reader.bytes());
    else reader.skip(wireType);
  }
  return envelope;
}

/** `rbac.authorization.k8s.io/v1` Role is `rbac.v1.Role`; options such as DeleteOptions are of every group. */
function definitionOf(apiVersion: string, kind: string, model: SchemaModel): Definition | undefined {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "core" : apiVersion.slice(0, slash).split(".")[0];
  return model.definition(`${group}.${apiVersion.slice(slash + 1)}.${kind}`) ?? model.definition(`meta.v1.${kind}`);
}

class MessageDecoder {
  readonly #model: SchemaModel;

  constructor(model: SchemaModel) {
    this.#model = model;
  }

  /** Reads a message's fields into `object`. */
  into(object: Record<string, unknown>, bytes: Uint8Array, definition: Definition): void {
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const { number, wireType } = reader.tag();
      const known = definition.numbers.get(number);
      if (known?.inline !== undefined) this.#inline(object, reader.bytes(), known.inline);
      else if (known?.field !== undefined) this.#field(object, known.field, { reader, wireType });
      else reader.skip(wireType);
    }
  }

  #inline(object: Record<string, unknown>, bytes: Uint8Array, name: string): void {
    const definition = this.#model.definition(name);
    if (definition !== undefined) this.into(object, bytes, definition);
  }

  #field(object: Record<string, unknown>, field: FieldSchema, at: { reader: WireReader; wireType: WireType }): void {
    const { type, name } = field;
    const present = object[name];
    if (type.kind === "list" && !type.wrapped) {
      const item = this.#value(type.items, at);
      if (Array.isArray(present)) present.push(item);
      else object[name] = [item];
    } else if (type.kind === "map") {
      const [key, value] = this.#mapEntry(type.values, at.reader.bytes());
      object[name] ??= {};
      // A key may be `__proto__`, which assignment would take for something else.
      Object.defineProperty(object[name], key, { value, enumerable: true, configurable: true, writable: true });
    } else {
      const value = this.#value(type, at);
      if (value !== undefined && (keepsZero(field) || !isZero(value))) object[name] = value;
    }
  }

  #mapEntry(type: SchemaType, bytes: Uint8Array): [string, unknown] {
    const reader = new WireReader(bytes);
    let key = "";
    let value: unknown = zeroOf(type);
    while (!reader.done) {
      const { number, wireType } = reader.tag();
      if (number === 1) key = reader.text();
      else if (number === 2) value = this.#value(type, { reader, wireType });
      else reader.skip(wireType);
    }
    return [key, value];
  }

  #value(type: SchemaType, { reader }: { reader: WireReader; wireType: WireType }): unknown {
    switch (type.kind) {
      case "string":
        return reader.text();
      case "bool":
        return reader.integer() !== 0;
      case "int32":
      case "int64":
        return reader.integer();
      case "double":
        return reader.double();
      case "bytes":
        return Buffer.from(reader.bytes()).toString("base64");
      case "object":
        return this.#object(reader.bytes(), type.definition);
      case "list":
        return this.#wrapped(type.items, reader.bytes());
      case "map":
        return {};
      default:
        return special(type.kind, fieldsOf(reader.bytes()));
    }
  }

  #object(bytes: Uint8Array, name: string): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const definition = this.#model.definition(name);
    if (definition !== undefined) this.into(object, bytes, definition);
    return object;
  }

  /** `{ repeated string items = 1 }` stands for the list itself. */
  #wrapped(items: SchemaType, bytes: Uint8Array): unknown[] {
    const reader = new WireReader(bytes);
    const list: unknown[] = [];
    while (!reader.done) list.push(this.#value(items, { reader, wireType: reader.tag().wireType }));
    return list;
  }
}

interface SmallMessage {
  readonly numbers: ReadonlyMap<number, number>;
  readonly bytes: ReadonlyMap<number, Uint8Array>;
}

/** The fields of one of the messages that are no objects in JSON. */
function fieldsOf(bytes: Uint8Array): SmallMessage {
  const reader = new WireReader(bytes);
  const fields = { numbers: new Map<number, number>(), bytes: new Map<number, Uint8Array>() };
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (wireType === 0) fields.numbers.set(number, reader.integer());
    else if (wireType === 2) fields.bytes.set(number, reader.bytes());
    else reader.skip(wireType);
  }
  return fields;
}

/** Times, quantities and the like; undefined: absent. */
function special(kind: SchemaType["kind"], { numbers, bytes }: SmallMessage): unknown {
  const text = (number: number) => Buffer.from(bytes.get(number) ?? []).toString();
  switch (kind) {
    case "quantity":
      return text(1) || "0";
    case "intOrString":
      return numbers.get(1) === 1 ? text(3) : (numbers.get(2) ?? 0);
    case "time":
    case "microTime":
      return numbers.size === 0 ? undefined : timeText(kind, numbers.get(1) ?? 0, numbers.get(2) ?? 0);
    default:
      return text(1) === "" ? undefined : parseRaw(text(1));
  }
}

function timeText(kind: "time" | "microTime", seconds: number, nanos: number): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return kind === "time" ? `${whole}Z` : `${whole}.${String(Math.trunc(nanos / 1000)).padStart(6, "0")}Z`;
}

function parseRaw(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtobufError(`raw JSON: ${cause instanceof Error ? cause.message : ""}`);
  }
}

/** Encoders write plain scalars even when zero, where JSON leaves them out. */
const keepsZero = (field: FieldSchema) => field.pointer || field.always || field.required;

const isZero = (value: unknown) => value === "" || value === 0 || value === false;

function zeroOf(type: SchemaType): unknown {
  switch (type.kind) {
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
    case "list":
      return [];
    default:
      return "";
  }
}

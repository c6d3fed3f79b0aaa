type Json = Readonly<Record<string, unknown>>;

/**
 * A document of version 2 in the protobuf form, the only one in which kubectl and client-go read it: kubectl validates
 * files of `kind: List` by it and looks there for kinds that version 3 does not have.
 * @see https://github.com/google/gnostic-models/blob/v0.7.0/openapiv2/OpenAPIv2.proto
 */
export function swaggerProtobuf(document: unknown): Buffer {
  const { swagger, info, paths, definitions } = object(document);
  const { title, version } = object(info);
  return Buffer.concat([
    text(1, swagger),
    message(2, [text(1, title), text(2, version)]),
    message(8, named(2, paths, pathItem)),
    message(9, named(1, definitions, schema)),
  ]);
}

const methods = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 } as const;

function pathItem(item: Json): Buffer[] {
  const operations = Object.entries(methods).map(([method, field]) =>
    item[method] === undefined ? nothing : message(field, operation(object(item[method]))),
  );
  return [...operations, ...list(item["parameters"]).map((one) => message(9, [parameter(object(one))]))];
}

function operation(value: Json): Buffer[] {
  return [
    ...texts(1, value["tags"]),
    text(3, value["description"]),
    text(5, value["operationId"]),
    ...texts(6, value["produces"]),
    ...texts(7, value["consumes"]),
    ...list(value["parameters"]).map((one) => message(8, [parameter(object(one))])),
    // Every answer is a Response, not a reference to one.
    message(
      9,
      named(1, value["responses"], (answer) => [message(1, response(answer))]),
    ),
    ...texts(10, value["schemes"]),
    ...extensions(13, value),
  ];
}

function response(value: Json): Buffer[] {
  const described = value["schema"];
  return [
    text(1, value["description"]),
    described === undefined ? nothing : message(2, [message(1, schema(object(described)))]),
  ];
}

/** Fields of a parameter by where it stands in the request; those without a number here are not written. */
const parameterFields = {
  query: { inside: 3, required: 1, in: 2, description: 3, name: 4, type: 6, uniqueItems: 20 },
  path: { inside: 4, required: 1, in: 2, description: 3, name: 4, type: 5, uniqueItems: 19 },
} as const;

function parameter(value: Json): Buffer {
  const where = value["in"];
  const common = [text(3, where), flag(4, value["required"]), message(5, schema(object(value["schema"])))];
  if (where === "body") {
    return message(1, [message(1, [text(1, value["description"]), text(2, value["name"]), ...common])]);
  }
  const fields = parameterFields[where === "path" ? "path" : "query"];
  const written = [
    flag(fields.required, value["required"]),
    text(fields.in, where),
    text(fields.description, value["description"]),
    text(fields.name, value["name"]),
    text(fields.type, value["type"]),
    flag(fields.uniqueItems, value["uniqueItems"]),
  ];
  return message(1, [message(2, [message(fields.inside, written)])]);
}

function schema(value: Json): Buffer[] {
  const items = value["items"];
  const additional = value["additionalProperties"];
  return [
    text(1, value["$ref"]),
    text(2, value["format"]),
    text(4, value["description"]),
    value["default"] === undefined ? nothing : message(5, any(value["default"])),
    ...texts(19, value["required"]),
    additional === undefined ? nothing : message(21, [message(1, schema(object(additional)))]),
    value["type"] === undefined ? nothing : message(22, [text(1, value["type"])]),
    items === undefined ? nothing : message(23, [message(1, schema(object(items)))]),
    ...list(value["allOf"]).map((one) => message(24, schema(object(one)))),
    value["properties"] === undefined ? nothing : message(25, named(1, value["properties"], schema)),
    ...extensions(31, value),
  ];
}

const extensions = (field: number, value: Json) =>
  Object.entries(value)
    .filter(([name]) => name.startsWith("x-"))
    .map(([name, extension]) => message(field, [text(1, name), message(2, any(extension))]));

/** A value of any shape is written as YAML, which JSON is. */
const any = (value: unknown) => [text(2, `${JSON.stringify(value)}\n`)];

/** The entries of a map as messages of name and value. */
const named = (field: number, map: unknown, write: (value: Json) => Buffer[]) =>
  Object.entries(object(map)).map(([name, value]) => message(field, [text(1, name), message(2, write(object(value)))]));

const nothing = Buffer.alloc(0);

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const texts = (field: number, values: unknown) => list(values).map((value) => text(field, value));

const text = (field: number, value: unknown) =>
  typeof value === "string" ? message(field, [Buffer.from(value)]) : nothing;

const flag = (field: number, value: unknown) =>
  value === true ? Buffer.concat([varint(field * 8), varint(1)]) : nothing;

function message(field: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint(field * 8 + 2), varint(length), ...parts]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

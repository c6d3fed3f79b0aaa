import { _, Ajv, type CodeKeywordDefinition, type SchemaObject } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import type { FieldSchema, SchemaModel, SchemaType } from "../api/schema/schema-model.ts";

/**
 * The gate for one kind: says yes to bodies that are already exactly what the decoder would make of them, which is what
 * nearly all are. All others go through the field-by-field walk that says what is wrong and sets it right.
 */
export function validatorModule(model: SchemaModel, root: string): string {
  const ajv = new Ajv({ code: { source: true, esm: true }, messages: false, strict: true, allowUnionTypes: true });
  for (const keyword of keywords) ajv.addKeyword(keyword);
  const reached = new Set<string>();
  const definitions: Record<string, SchemaObject> = {};
  const queue = [root];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    definitions[name] = objectSchema(model, name, queue);
  }
  const validate = ajv.compile({ $ref: `#/definitions/${root}`, definitions });
  const generate = standaloneCode as unknown as (ajv: Ajv, validate: unknown) => string;
  return dropUnusedSchemas(dropErrors(generate(ajv, validate)));
}

/** The gate answers yes or no; what is wrong, and where, is the walk's to say. */
function dropErrors(code: string): string {
  const silent = code
    .replaceAll(/, ?\{instancePath[:,][^{}]*\}\)/g, ")")
    .replaceAll(/\(data, ?\{instancePath="".*?\}=\{\}\)/g, "(data)")
    .replaceAll(/(validate\d+\.errors = )\[\{instancePath[:,].*?\}\];/g, "$1[0];");
  if (silent.includes("instancePath")) throw new Error("ajv writes errors in a form that is not known here");
  return silent;
}

/** The generated code carries every schema it came from, though it reads only a few. */
function dropUnusedSchemas(code: string): string {
  return code.replaceAll(/const (schema\d+) = \{.*?\};(?=\n|const |function )/g, (declaration, name: string) =>
    new RegExp(`\\b${name}\\b[^ ]`).test(code.replace(declaration, "")) ? declaration : "",
  );
}

function objectSchema(model: SchemaModel, name: string, queue: string[]): SchemaObject {
  const properties: Record<string, SchemaObject> = {};
  for (const field of model.definition(name)?.fields.values() ?? []) properties[field.name] = fieldSchema(field, queue);
  return { type: "object", properties, additionalProperties: false };
}

/** Zero values that the decoder would drop do not pass. */
function fieldSchema(field: FieldSchema, queue: string[]): SchemaObject {
  const schema = typeSchema(field.type, queue);
  if (field.always && isNullWhenZero(field)) return { ...schema, ...notEmpty(field), type: [schema["type"], "null"] };
  // Go clients before 1.34 send null for the time that only the server sets.
  if (field.name === "creationTimestamp") return { ...schema, type: ["string", "null"] };
  if (field.pointer || field.always || field.required) return schema;
  switch (field.type.kind) {
    case "string":
    case "bytes":
      return { ...schema, nonEmpty: true };
    case "bool":
      return { const: true };
    case "int32":
    case "int64":
    case "double":
      return { ...schema, nonZero: true };
    case "list":
      return { ...schema, minItems: 1 };
    case "map":
      return { ...schema, minProperties: 1 };
    default:
      return schema;
  }
}

/** Pointers, lists and times that are always written: their zero is null, an empty list is made one. */
const isNullWhenZero = ({ pointer, type: { kind } }: FieldSchema) =>
  pointer || kind === "list" || kind === "time" || kind === "microTime";

const notEmpty = ({ type }: FieldSchema): SchemaObject => (type.kind === "list" ? { minItems: 1 } : {});

/** What JSON Schema says only in roundabout ways, which cost time. */
const keywords: readonly CodeKeywordDefinition[] = [
  { keyword: "nonEmpty", type: "string", code: (cxt) => cxt.fail(_`${cxt.data} === ""`) },
  { keyword: "nonZero", type: "number", code: (cxt) => cxt.fail(_`${cxt.data} === 0`) },
  { keyword: "present", code: (cxt) => cxt.fail(_`${cxt.data} === null`) },
  {
    keyword: "intOrString",
    code: (cxt) => cxt.fail(_`typeof ${cxt.data} !== "string" && ${cxt.data} !== (${cxt.data} | 0)`),
  },
];

const maxInt32 = 2 ** 31 - 1;

function typeSchema(type: SchemaType, queue: string[]): SchemaObject {
  switch (type.kind) {
    case "string":
      return { type: "string" };
    case "bytes":
      return { type: "string", pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$" };
    case "bool":
      return { type: "boolean" };
    case "int32":
      return { type: "integer", minimum: -maxInt32 - 1, maximum: maxInt32 };
    case "int64":
      return { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    case "double":
      return { type: "number" };
    case "time":
      return { type: "string", pattern: timePattern("") };
    case "microTime":
      return { type: "string", pattern: timePattern("\\.\\d{6}") };
    case "quantity":
      // Mantissas below 1000 are in canonical form whatever their suffix.
      return { type: "string", pattern: "^(?:0|[1-9]\\d{0,2}(?:m|k|[MGTPE]|[KMGTPE]i)?)$" };
    case "intOrString":
      return { intOrString: true };
    case "any":
      return { present: true };
    case "list":
      return { type: "array", items: typeSchema(type.items, queue) };
    case "map":
      return { type: "object", additionalProperties: typeSchema(type.values, queue) };
    case "object":
      queue.push(type.definition);
      return { $ref: `#/definitions/${type.definition}` };
  }
}

const timePattern = (fraction: string) =>
  `^[12]\\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d${fraction}Z$`;

/** What TypeScript sees of a validator. */
export const validatorDeclaration = "export function validate(value: unknown): boolean;\nexport default validate;\n";

/** Loaders by definition name, static so that a bundler finds them. */
export function validatorsModule(roots: readonly string[]): string {
  const lines = roots.map((root) => `  ${JSON.stringify(root)}: () => import("./validators/${root}.js"),`);
  return [
    "/** Made by scripts/generate.ts; do not edit. */",
    "export const validators: Readonly<Record<string, () => Promise<{ validate(value: unknown): boolean }>>> = {",
    ...lines,
    "};",
    "",
  ].join("\n");
}

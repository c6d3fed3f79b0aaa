import { descriptions } from "../generated/descriptions.ts";
import type { Kind } from "../kind.ts";
import {
  type Definition,
  type FieldSchema,
  openApiName,
  type SchemaModel,
  type SchemaType,
} from "../schema/schema-model.ts";

export type Json = Record<string, unknown>;

/** `#/components/schemas/` in version 3, `#/definitions/` in version 2. */
export type RefPrefix = "#/components/schemas/" | "#/definitions/";

const scalarDefinitions = {
  time: "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
  microTime: "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
  quantity: "io.k8s.apimachinery.pkg.api.resource.Quantity",
  intOrString: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
  any: "io.k8s.apimachinery.pkg.runtime.RawExtension",
} as const;

export const patchDefinition = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

/** Definitions that are no structs. */
function specialSchemas(refs: RefPrefix): Readonly<Record<string, Json>> {
  const number = refs === "#/definitions/" ? { type: "string" } : { oneOf: [{ type: "string" }, { type: "number" }] };
  const either = refs === "#/definitions/" ? { type: "string" } : { oneOf: [{ type: "integer" }, { type: "string" }] };
  return {
    [scalarDefinitions.time]: {
      description: "An RFC 3339 time in whole seconds.",
      type: "string",
      format: "date-time",
    },
    [scalarDefinitions.microTime]: {
      description: "An RFC 3339 time with six decimals.",
      type: "string",
      format: "date-time",
    },
    [scalarDefinitions.quantity]: {
      description: "A number with a suffix for its size, such as 100m or 2Gi.",
      ...number,
    },
    [scalarDefinitions.intOrString]: { description: "A number or a name.", format: "int-or-string", ...either },
    [scalarDefinitions.any]: { description: "Any object.", type: "object" },
    [patchDefinition]: { description: "A patch of any of the supported types.", type: "object" },
  };
}

/** The schemas of one document: those that `roots` reach, and the lists of `kinds`. */
export function schemasOf(options: {
  model: SchemaModel;
  kinds: readonly Kind[];
  roots: readonly string[];
  refs: RefPrefix;
}): Record<string, Json> {
  const { model, kinds, roots, refs } = options;
  const special = specialSchemas(refs);
  const made = new Map<string, Json>([[patchDefinition, special[patchDefinition] ?? {}]]);
  const kindOf = new Map(kinds.map((kind) => [kind.schema, kind]));
  const queue = [...roots, ...kinds.map((kind) => kind.schema)];
  const reference = (name: string) => {
    queue.push(name);
    return { $ref: refs + name };
  };
  for (const kind of kinds.filter((candidate) => candidate.verbs.includes("list"))) {
    made.set(`${kind.schema}List`, listSchema(kind, reference));
  }
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (made.has(name)) continue;
    const definition = model.definition(name);
    if (definition === undefined) made.set(name, special[name] ?? { type: "object" });
    else made.set(name, objectSchema(definition, { kind: kindOf.get(name), reference }));
  }
  return Object.fromEntries([...made].sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Reference = (name: string) => Json;

const groupVersionKind = (kind: Kind, name = kind.kind) => [{ group: kind.group, version: kind.version, kind: name }];

function listSchema(kind: Kind, reference: Reference): Json {
  return {
    description: `${kind.listKind} is a list of ${kind.plural}.`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      items: { description: "The objects.", type: "array", items: reference(kind.schema) },
      kind: { type: "string" },
      metadata: { description: "The version of the list.", ...reference(openApiName("meta.v1.ListMeta")) },
    },
    "x-kubernetes-group-version-kind": groupVersionKind(kind, kind.listKind),
  };
}

function objectSchema(definition: Definition, options: { kind: Kind | undefined; reference: Reference }): Json {
  const { kind, reference } = options;
  const docs = descriptions[definition.shortName] ?? {};
  // Where a field says nothing of itself, its type may.
  const docOf = ({ name, type }: FieldSchema) =>
    docs[name] || (type.kind === "object" ? (descriptions[type.definition]?.[""] ?? "") : "");
  const properties: Json = {};
  const required: string[] = [];
  for (const field of definition.fields.values()) {
    properties[field.name] = fieldSchema(field, docOf(field), reference);
    if (field.required) required.push(field.name);
  }
  return {
    ...(docs[""] !== "" && { description: docs[""] }),
    type: "object",
    ...(required.length > 0 && { required }),
    properties,
    ...(definition.atomic && { "x-kubernetes-map-type": "atomic" }),
    ...(kind !== undefined && { "x-kubernetes-group-version-kind": groupVersionKind(kind) }),
  };
}

function fieldSchema(field: FieldSchema, doc: string, reference: Reference): Json {
  const { patch, type } = field;
  const strategy = [patch.strategy === "merge" && "merge", patch.retainKeys && "retainKeys"].filter(Boolean).join(",");
  const schema = typeSchema(type, reference);
  return {
    ...(doc !== "" && { description: doc }),
    ...(field.published !== undefined && { default: field.published }),
    ...("$ref" in schema
      ? { ...(field.always && !field.pointer && { default: {} }), ...besideOthers(schema) }
      : schema),
    ...(patch.mapKeys.length > 0 && { "x-kubernetes-list-map-keys": patch.mapKeys }),
    ...(patch.listType !== undefined && { "x-kubernetes-list-type": patch.listType }),
    ...(patch.atomicMap && { "x-kubernetes-map-type": "atomic" }),
    ...(patch.mergeKey !== undefined && { "x-kubernetes-patch-merge-key": patch.mergeKey }),
    ...(strategy !== "" && { "x-kubernetes-patch-strategy": strategy }),
  };
}

/** In version 3 nothing counts beside a $ref, while readers of version 2 do not look into an allOf. */
function besideOthers(reference: Json): Json {
  return String(reference["$ref"]).startsWith("#/definitions/") ? reference : { allOf: [reference] };
}

function typeSchema(type: SchemaType, reference: Reference): Json {
  switch (type.kind) {
    case "string":
      return { type: "string" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "bool":
      return { type: "boolean" };
    case "int32":
    case "int64":
      return { type: "integer", format: type.kind };
    case "double":
      return { type: "number", format: "double" };
    case "list":
      return { type: "array", items: typeSchema(type.items, reference) };
    case "map":
      return { type: "object", additionalProperties: typeSchema(type.values, reference) };
    case "object":
      return reference(openApiName(type.definition));
    default:
      return reference(scalarDefinitions[type.kind]);
  }
}

import { readdirSync, readFileSync } from "node:fs";

/** A type as the pinned models package writes it, taken apart. */
export type FieldType =
  | {
      readonly kind:
        | "string"
        | "integer"
        | "number"
        | "boolean"
        | "intOrString"
        | "any"
        | "time"
        | "microTime"
        | "bytes";
    }
  | { readonly kind: "array"; readonly items: FieldType }
  | { readonly kind: "map"; readonly values: FieldType }
  | { readonly kind: "ref"; readonly model: string };

export interface Field {
  /** As it is in JSON. */
  readonly name: string;
  readonly type: FieldType;
  /** `int32`, `int64`, `double`, `date-time`, …; empty when the package names none. */
  readonly format: string;
  readonly required: boolean;
  readonly doc: string;
}

/** One definition of the pinned Kubernetes release. */
export interface Model {
  /** The package's class name: `V1Pod`, `CoreV1Event`. */
  readonly model: string;
  readonly doc: string;
  readonly fields: readonly Field[];
}

const modelsDirectory = new URL("../node_modules/kubernetes-models/dist/gen/models/", import.meta.url);

/** Every definition of a GA version (v1, v2), by class name. Lists are left out: they are `ApiList` of their items. */
export function readModels(): ReadonlyMap<string, Model> {
  const names = readdirSync(modelsDirectory)
    .filter((file) => file.endsWith(".d.ts") && file !== "all.d.ts" && file !== "ObjectSerializer.d.ts")
    .map((file) => file.slice(0, -".d.ts".length))
    .filter((name) => !/V[12](alpha|beta)/.test(name))
    .sort();
  return new Map(names.map((name) => [name, readModel(name)] as const).filter(([name, model]) => !isList(name, model)));
}

const isList = (name: string, model: Model) =>
  name.endsWith("List") && model.fields.some((field) => field.name === "items") && model.fields.length === 4;

function readModel(model: string): Model {
  const declaration = readFileSync(new URL(`${model}.d.ts`, modelsDirectory), "utf8");
  const source = readFileSync(new URL(`${model}.js`, modelsDirectory), "utf8");
  const table = /attributeTypeMap = (\[[\s\S]*?\n?\]);/.exec(source)?.[1];
  if (table === undefined) throw new Error(`${model} has no attributeTypeMap`);
  const attributes = JSON.parse(table) as readonly { name: string; baseName: string; type: string; format: string }[];
  const members = readMembers(declaration);
  return {
    model,
    doc: clean(/\/\*\*\n\s*\* ([^\n]*)\n\s*\*\/\nexport declare class/.exec(declaration)?.[1] ?? ""),
    fields: attributes.map((attribute) => {
      const member = members.get(attribute.name);
      if (member === undefined) throw new Error(`${model}.${attribute.name} is not declared`);
      return {
        name: attribute.baseName,
        type: parseType(attribute.type, attribute.format),
        format: attribute.format,
        required: member.required,
        doc: member.doc,
      };
    }),
  };
}

function readMembers(declaration: string): Map<string, { required: boolean; doc: string }> {
  const members = new Map<string, { required: boolean; doc: string }>();
  for (const match of declaration.matchAll(/(?:\/\*\*\n\s*\* ([^\n]*)\n\s*\*\/\n\s*)?'([^'\n]+)'(\?)?: /g)) {
    const [, doc, name, optional] = match;
    if (name !== undefined) members.set(name, { required: optional === undefined, doc: clean(doc ?? "") });
  }
  return members;
}

const clean = (doc: string) => doc.replaceAll(/\\(['"])/g, "$1").replaceAll("*_/", "*/");

function parseType(text: string, format: string): FieldType {
  const array = /^Array<(.*)>$/.exec(text)?.[1];
  if (array !== undefined) return { kind: "array", items: parseType(array, format) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(text)?.[1];
  if (map !== undefined) return { kind: "map", values: parseType(map, format) };
  switch (text) {
    case "string":
      return { kind: format === "byte" ? "bytes" : "string" };
    case "number":
      return { kind: format === "double" ? "number" : "integer" };
    case "boolean":
      return { kind: "boolean" };
    case "any":
      return { kind: "any" };
    case "Date":
      return { kind: "time" };
    case "V1MicroTime":
      return { kind: "microTime" };
    case "IntOrString":
      return { kind: "intOrString" };
    default:
      return { kind: "ref", model: text };
  }
}

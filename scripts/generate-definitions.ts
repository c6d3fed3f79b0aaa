import { readFileSync } from "node:fs";
import type { FieldType, Model } from "./generate-model.ts";

/** A field as `api/schema/schema-model.ts` reads it: name ("" where its members move up), number, notation, facts. */
export type DefinitionRow = readonly [name: string, number: number, notation: string, patch?: string, goType?: string];

export interface JoinedDefinition {
  /** `core.v1.Container`. */
  readonly name: string;
  readonly rows: readonly DefinitionRow[];
  readonly doc: string;
  readonly docs: Readonly<Record<string, string>>;
}

interface Message {
  readonly fields: ReadonlyMap<string, { number: number; notation: string }>;
}

const tables = new URL("../api/schema/", import.meta.url);

/** Lines of `name: entry, entry` as a map of maps. */
function readTable(file: string): Map<string, string[]> {
  const lines = readFileSync(new URL(file, tables), "utf8").split("\n");
  return new Map(
    lines
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const colon = line.indexOf(":");
        return [
          line.slice(0, colon),
          line
            .slice(colon + 1)
            .trim()
            .split(", ")
            .filter(Boolean),
        ];
      }),
  );
}

function readMessages(): Map<string, Message> {
  const messages = new Map<string, Message>();
  for (const [name, entries] of readTable("messages.txt")) {
    const fields = entries.map((entry) => {
      const [number = "0", field = "", notation = ""] = entry.split(" ");
      return [field, { number: Number(number), notation }] as const;
    });
    messages.set(name, { fields: new Map(fields) });
  }
  return messages;
}

/** Tables of one fact per field. */
function readFacts(file: string): Map<string, Map<string, string>> {
  const facts = new Map<string, Map<string, string>>();
  for (const [name, entries] of readTable(file)) {
    facts.set(
      name,
      new Map(entries.map((entry) => [entry.slice(0, entry.indexOf(" ")), entry.slice(entry.indexOf(" ") + 1)])),
    );
  }
  return facts;
}

/**
 * The definitions reachable from `roots`, each the package's fields joined with our tables of what the package does not
 * carry: field numbers, which scalars are pointers, what is always written, patch facts.
 * @throws Error when a table and the package disagree about what exists
 */
export function joinDefinitions(models: ReadonlyMap<string, Model>, roots: readonly string[]): JoinedDefinition[] {
  const messages = readMessages();
  const patchFacts = readFacts("patch-strategy.txt");
  const goTypes = readFacts("go-types.txt");
  const modelOf = nameModels(models, messages);
  const nameOf = new Map([...modelOf].map(([name, model]) => [model.model, name]));
  const joined = new Map<string, JoinedDefinition>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (joined.has(name)) continue;
    const definition = join(name);
    joined.set(name, definition);
    for (const [, , notation] of definition.rows) {
      const ref = /([a-z]+\.v\d\.\w+)/.exec(notation)?.[1];
      if (ref !== undefined) queue.push(ref);
    }
  }
  return [...joined.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

  function join(name: string): JoinedDefinition {
    const message = messages.get(name);
    if (message === undefined) throw new Error(`messages.txt has no ${name}`);
    const model = modelOf.get(name);
    const facts = patchFacts.get(name);
    if (model === undefined) {
      // Only ever inlined: no JSON object of its own.
      const rows = [...message.fields].map(([field, { number, notation }]) => [field, number, notation] as const);
      return { name, rows, doc: "", docs: {} };
    }
    const rows: DefinitionRow[] = facts?.has("*") ? [["*", 0, "", facts.get("*") ?? ""]] : [];
    for (const [, { number, notation }] of message.fields)
      if (notation.startsWith("^")) rows.push(["", number, notation]);
    const docs: Record<string, string> = {};
    for (const field of model.fields) {
      const known = message.fields.get(field.name);
      const notation = known?.notation ?? notationOf(field.type, field.format, nameOf);
      const row = [field.name, known?.number ?? 0, `${notation}${field.required ? "?" : ""}`] as const;
      const patch = facts?.get(field.name);
      const goType = goTypes.get(name)?.get(field.name);
      rows.push(goType !== undefined ? [...row, patch ?? "", goType] : patch === undefined ? row : [...row, patch]);
      docs[field.name] = field.doc;
    }
    return { name, rows, doc: model.doc, docs };
  }
}

/** Class names say the version but the group only where they must; message names say both. */
function nameModels(models: ReadonlyMap<string, Model>, messages: ReadonlyMap<string, Message>): Map<string, Model> {
  const named = new Map<string, Model>();
  for (const name of messages.keys()) {
    const [group = "", version = "", kind = ""] = name.split(".");
    const prefixed = `${group[0]?.toUpperCase()}${group.slice(1)}${version.toUpperCase()}${kind}`;
    const model = models.get(prefixed) ?? models.get(`${version.toUpperCase()}${kind}`);
    if (model !== undefined) named.set(name, model);
  }
  return named;
}

function notationOf(type: FieldType, format: string, nameOf: ReadonlyMap<string, string>): string {
  switch (type.kind) {
    case "integer":
      return format === "int64" ? "int64" : "int32";
    case "number":
      return "double";
    case "boolean":
      return "bool";
    case "intOrString":
      return "*IntOrString";
    case "any":
      return "RawExtension";
    case "time":
      return "Time";
    case "microTime":
      return "MicroTime";
    case "array":
      return `[]${valueNotation(type.items, format, nameOf)}`;
    case "map":
      return `map[string]${valueNotation(type.values, format, nameOf)}`;
    case "ref":
      return `*${nameOf.get(type.model) ?? "RawExtension"}`;
    default:
      return type.kind;
  }
}

/** Elements are never pointers. */
const valueNotation = (type: FieldType, format: string, nameOf: ReadonlyMap<string, string>) =>
  notationOf(type, format, nameOf).replace(/^\*/, "");

/** The joined definitions as the text of one module. */
export function definitionsModule(definitions: readonly JoinedDefinition[]): string {
  const lines = definitions.map(
    ({ name, rows }) =>
      `  ${JSON.stringify(name)}: [\n${rows.map((row) => `    ${JSON.stringify(row)},\n`).join("")}  ],`,
  );
  return [
    "/** Every definition that the served kinds reach. Made by scripts/generate.ts; do not edit. */",
    "export type DefinitionRow = readonly [name: string, number: number, notation: string, patch?: string, goType?: string];",
    "",
    `export const definitions: Readonly<Record<string, readonly DefinitionRow[]>> = {\n${lines.join("\n")}\n};`,
    "",
  ].join("\n");
}

/** The words of each definition and field, apart because only OpenAPI needs them. */
export function descriptionsModule(definitions: readonly JoinedDefinition[]): string {
  const lines = definitions.map(
    ({ name, doc, docs }) => `  ${JSON.stringify(name)}: ${JSON.stringify({ "": doc, ...docs })},`,
  );
  return [
    "/** Made by scripts/generate.ts; do not edit. */",
    `export const descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {\n${lines.join("\n")}\n};`,
    "",
  ].join("\n");
}

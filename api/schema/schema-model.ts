import { type DefinitionRow, definitions } from "../generated/definitions.ts";

export type ScalarKind =
  | "string"
  | "bool"
  | "int32"
  | "int64"
  | "double"
  | "bytes"
  | "time"
  | "microTime"
  | "quantity"
  | "intOrString"
  /** Any JSON. */
  | "any";

export type SchemaType =
  | { readonly kind: ScalarKind }
  /** `wrapped`: in protobuf the items lie in a message of their own. */
  | { readonly kind: "list"; readonly items: SchemaType; readonly wrapped: boolean }
  | { readonly kind: "map"; readonly values: SchemaType }
  | { readonly kind: "object"; readonly definition: string };

/** How a strategic merge patch and server-side apply treat a field. */
export interface PatchFacts {
  /** Lists merge by `mergeKey`, or as sets without one; maps and objects always merge. */
  readonly strategy: "merge" | "replace";
  /** The patch lists what the object keeps (`$retainKeys`). */
  readonly retainKeys: boolean;
  readonly mergeKey: string | undefined;
  readonly listType: "atomic" | "set" | "map" | undefined;
  readonly mapKeys: readonly string[];
  /** A map that is owned as one value. */
  readonly atomicMap: boolean;
}

export interface FieldSchema {
  readonly name: string;
  /** In protobuf; 0: not a field of the message itself. */
  readonly number: number;
  readonly type: SchemaType;
  /** Said to be required by OpenAPI. Whether it is there is a matter of validation, not of decoding. */
  readonly required: boolean;
  /** Absent and zero differ. */
  readonly pointer: boolean;
  /** Written even when zero. */
  readonly always: boolean;
  /** The default that OpenAPI publishes (list-map keys need it). */
  readonly published: string | undefined;
  readonly patch: PatchFacts;
  /** As errors of the decoder name its type, where that is not the plain one: `v1.RestartPolicy`. */
  readonly goType: string | undefined;
  /** The struct whose members lie directly in this object, where it is one of them: `ProbeHandler`. */
  readonly inlinedFrom: string | undefined;
}

export interface Definition {
  /** As in OpenAPI: `io.k8s.api.core.v1.Container`. */
  readonly name: string;
  /** As in our tables: `core.v1.Container`. */
  readonly shortName: string;
  /** As errors of the decoder name it: `v1.Container`. */
  readonly goName: string;
  /** Objects of it are owned and applied as one value. */
  readonly atomic: boolean;
  /** By JSON name. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** By protobuf number; `inline`: the members of that definition lie directly in this object. */
  readonly numbers: ReadonlyMap<number, { readonly field?: FieldSchema; readonly inline?: string }>;
}

/** All definitions, each taken apart when it is first asked for. */
export class SchemaModel {
  readonly #known = new Map<string, Definition>();

  /** By the name OpenAPI gives it, or by the short one; undefined: not served. */
  definition(name: string): Definition | undefined {
    const shortName = name.startsWith("io.") ? name.split(".").slice(-3).join(".") : name;
    const known = this.#known.get(shortName);
    if (known !== undefined) return known;
    if (!Object.hasOwn(definitions, shortName)) return undefined;
    const made = readDefinition(shortName, definitions[shortName] ?? []);
    this.#known.set(shortName, made);
    return made;
  }

  /** Short names of all definitions. */
  get names(): readonly string[] {
    return Object.keys(definitions);
  }
}

const packages: Readonly<Record<string, string>> = {
  meta: "io.k8s.apimachinery.pkg.apis.meta",
  apiextensions: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
  apiregistration: "io.k8s.kube-aggregator.pkg.apis.apiregistration",
};

/** `core.v1.Pod` is `io.k8s.api.core.v1.Pod` in OpenAPI. */
export function openApiName(shortName: string): string {
  const group = shortName.slice(0, shortName.indexOf("."));
  return `${packages[group] ?? `io.k8s.api.${group}`}${shortName.slice(group.length)}`;
}

function readDefinition(shortName: string, rows: readonly DefinitionRow[]): Definition {
  const fields = new Map<string, FieldSchema>();
  const numbers = new Map<number, { field?: FieldSchema; inline?: string }>();
  const inlined = new Map<string, string>();
  let atomic = false;
  for (const row of rows) {
    const [name, number, notation] = row;
    if (name === "*") {
      atomic = true;
      continue;
    }
    if (notation.startsWith("^")) {
      const inline = notation.slice(1);
      numbers.set(number, { inline });
      for (const [member] of definitions[inline] ?? []) inlined.set(member, inline.slice(inline.lastIndexOf(".") + 1));
      continue;
    }
    const field = readField(row, inlined.get(name));
    fields.set(name, field);
    if (number !== 0) numbers.set(number, { field });
  }
  const goName = shortName.slice(shortName.indexOf(".") + 1);
  return { name: openApiName(shortName), shortName, goName, atomic, fields, numbers };
}

const notationPattern = /^(\*?)([^!?=]+)(!?)(?:=([^?]*))?(\??)$/;

function readField(row: DefinitionRow, inlinedFrom: string | undefined): FieldSchema {
  const [name, number, notation, patch, goType] = row;
  const [, pointer, type = "", always, published, required] = notationPattern.exec(notation) ?? [];
  return {
    name,
    number,
    type: readType(type),
    required: required === "?",
    pointer: pointer === "*",
    always: always === "!",
    published,
    patch: readPatch(patch),
    goType,
    inlinedFrom,
  };
}

const scalars: Readonly<Record<string, ScalarKind>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  double: "double",
  bytes: "bytes",
  Time: "time",
  MicroTime: "microTime",
  Quantity: "quantity",
  IntOrString: "intOrString",
  RawExtension: "any",
  FieldsV1: "any",
};

function readType(text: string): SchemaType {
  if (text.startsWith("[]")) return { kind: "list", items: readType(text.slice(2)), wrapped: false };
  if (text.startsWith("{}")) return { kind: "list", items: readType(text.slice(2)), wrapped: true };
  if (text.startsWith("map[string]")) return { kind: "map", values: readType(text.slice("map[string]".length)) };
  const scalar = scalars[text];
  return scalar === undefined ? { kind: "object", definition: text } : { kind: scalar };
}

const plain: PatchFacts = {
  strategy: "replace",
  retainKeys: false,
  mergeKey: undefined,
  listType: undefined,
  mapKeys: [],
  atomicMap: false,
};

function readPatch(text: string | undefined): PatchFacts {
  if (text === undefined || text === "") return plain;
  const merge = /(?:^| )merge(?:\((\w+)\))?/.exec(text);
  const keys = /(?:^| )map\(([\w ]+)\)/.exec(text)?.[1]?.split(" ");
  const listType = keys !== undefined ? "map" : /(?:^| )(atomic|set)(?: |$)/.exec(text)?.[1];
  return {
    strategy: merge === null ? "replace" : "merge",
    retainKeys: text.includes("retainKeys"),
    mergeKey: merge?.[1],
    listType: listType as PatchFacts["listType"],
    mapKeys: keys ?? [],
    atomicMap: text.includes("atomic-map"),
  };
}

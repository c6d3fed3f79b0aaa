import { isObject } from "../../api/json.ts";
import type { SchemaModel, SchemaType } from "../../api/schema/schema-model.ts";

/** What one definition always writes, and where definitions that always write something lie in it. */
interface Plan {
  readonly zeros: (readonly [name: string, zero: () => unknown])[];
  readonly inner: Map<string, SchemaType>;
}

/**
 * Writes the fields that Kubernetes writes even when they are zero: an Event's `eventTime: null`, a Role's
 * `rules: null`, an endpoint's `conditions: {}`. Done once per write, so that reads need not know.
 */
export class ZeroFields {
  readonly #model: SchemaModel;
  readonly #plans = new Map<string, Plan>();
  /** Plans that are being made: of definitions that lie in themselves. */
  readonly #open = new Set<string>();

  constructor(model: SchemaModel) {
    this.#model = model;
  }

  /** Completes `object`, which is of that definition, in place. */
  fill(object: object, definition: string): void {
    this.#fillObject(object as Record<string, unknown>, this.#plan(definition));
  }

  #fillObject(object: Record<string, unknown>, { zeros, inner }: Plan): void {
    for (const [name, zero] of zeros) if (object[name] === undefined) object[name] = zero();
    if (inner.size === 0) return;
    for (const name in object) {
      const value = object[name];
      if (typeof value !== "object" || value === null) continue;
      const type = inner.get(name);
      if (type !== undefined) this.#fillValue(value, type);
    }
  }

  #fillValue(value: unknown, type: SchemaType): void {
    if (type.kind === "object") {
      if (isObject(value)) this.#fillObject(value, this.#plan(type.definition));
    } else if (type.kind === "list") {
      if (Array.isArray(value)) for (const item of value) this.#fillValue(item, type.items);
    } else if (type.kind === "map" && isObject(value)) {
      for (const key in value) this.#fillValue(value[key], type.values);
    }
  }

  #plan(definition: string): Plan {
    let plan = this.#plans.get(definition);
    if (plan === undefined) {
      plan = { zeros: [], inner: new Map() };
      this.#plans.set(definition, plan);
      this.#open.add(definition);
      for (const { name, type, always, pointer } of this.#model.definition(definition)?.fields.values() ?? []) {
        if (always) plan.zeros.push([name, pointer ? () => null : writtenZero(type)]);
        if (this.#holdsZeros(type)) plan.inner.set(name, type);
      }
      this.#open.delete(definition);
    }
    return plan;
  }

  #holdsZeros(type: SchemaType): boolean {
    if (type.kind === "list") return this.#holdsZeros(type.items);
    if (type.kind === "map") return this.#holdsZeros(type.values);
    if (type.kind !== "object") return false;
    if (this.#open.has(type.definition)) return true;
    const { zeros, inner } = this.#plan(type.definition);
    return zeros.length > 0 || inner.size > 0;
  }
}

/** Makes a zero as it is written; structs are filled by whoever asks. */
function writtenZero(type: SchemaType): () => unknown {
  switch (type.kind) {
    case "string":
    case "bytes":
      return () => "";
    case "bool":
      return () => false;
    case "int32":
    case "int64":
    case "double":
    case "intOrString":
      return () => 0;
    case "quantity":
      return () => "0";
    case "object":
      return () => ({});
    default:
      return () => null;
  }
}

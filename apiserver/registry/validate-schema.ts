import { validators } from "../../api/generated/validators.ts";
import { isObject } from "../../api/json.ts";
import type { Kind } from "../../api/kind.ts";
import { SchemaModel } from "../../api/schema/schema-model.ts";
import type { BodySchema, SchemaFindings, Wording } from "./body-schema.ts";
import { SchemaWalk } from "./validate-walk.ts";

type Gate = (value: unknown) => boolean;

const nothingFound: SchemaFindings = { unknownFields: [], mismatches: [] };

/**
 * Judges bodies by the schemas of the served definitions. A compiled validator says yes at once to what needs no change;
 * the walk does the rest. Until a validator is loaded, at the first body of its kind, the walk does it all.
 */
export class SchemaChecker implements BodySchema {
  readonly #model: SchemaModel;
  readonly #gates = new Map<string, Gate | "loading">();

  constructor(model: SchemaModel = new SchemaModel()) {
    this.#model = model;
  }

  check(kind: Kind, object: Record<string, unknown>, wording: Wording = "decoder"): SchemaFindings {
    return this.checkDefinition(kind.schema, object, wording);
  }

  /** Like {@link check} for bodies that are no kind: `io.k8s.api.autoscaling.v1.Scale`. Unknown names pass. */
  checkDefinition(name: string, object: Record<string, unknown>, wording: Wording = "decoder"): SchemaFindings {
    const gate = this.#gates.get(name);
    if (typeof gate === "function" && gate(object)) {
      dropNullTimestamps(object);
      return nothingFound;
    }
    const definition = this.#model.definition(name);
    if (definition === undefined) return nothingFound;
    if (gate === undefined) void this.load(name);
    const walk = new SchemaWalk(this.#model, wording);
    walk.root(object, definition);
    const { error } = walk;
    return {
      unknownFields: walk.unknownFields,
      mismatches:
        error === undefined ? [] : [{ field: error.field, expected: "", value: error.value, message: error.message }],
    };
  }

  /** Loads the validator of a definition before its first body comes. Fails only when the installation lacks the file. */
  async load(name: string): Promise<void> {
    const shortName = name.split(".").slice(-3).join(".");
    const load = Object.hasOwn(validators, shortName) ? validators[shortName] : undefined;
    if (load === undefined || this.#gates.has(name)) return;
    this.#gates.set(name, "loading");
    const { validate } = await load();
    this.#gates.set(name, validate);
  }
}

/** The one null that validators let through, because many clients send it in every object. */
function dropNullTimestamps(object: Record<string, unknown>): void {
  dropNullTimestamp(object);
  const { spec } = object;
  if (isObject(spec) && isObject(spec["template"])) dropNullTimestamp(spec["template"]);
}

function dropNullTimestamp(object: Record<string, unknown>): void {
  const { metadata } = object;
  if (!isObject(metadata) || metadata["creationTimestamp"] !== null) return;
  const { creationTimestamp: _, ...rest } = metadata;
  object["metadata"] = rest;
}

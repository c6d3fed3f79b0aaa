import type { Kind } from "../../api/kind.ts";

/** A value of the wrong JSON type. */
export interface TypeMismatch {
  /** Path of the value: `spec.containers[0].image`. */
  readonly field: string;
  /** What the schema asks for: `string`, `integer`, `array`, … */
  readonly expected: string;
  readonly value: unknown;
  /** The decoder's own words for it, when it has some. */
  readonly message?: string;
}

/** How a value of the wrong type is told: as by the decoder of JSON, or as by the converter that reads what a patch made. */
export type Wording = "decoder" | "converter";

export interface SchemaFindings {
  /** Paths that the schema does not know: `spec.containers[0].imagee`. */
  readonly unknownFields: readonly string[];
  readonly mismatches: readonly TypeMismatch[];
}

/** Judges decoded bodies against the schema of their kind. */
export interface BodySchema {
  /** Drops, in place, what the schema does not know, and nulls that mean absent. Waits only when a schema is first used. */
  check(kind: Kind, object: Record<string, unknown>, wording?: Wording): SchemaFindings | Promise<SchemaFindings>;
}

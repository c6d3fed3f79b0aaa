import { isObject } from "../../api/json.ts";
import { badRequest } from "../../api/status.ts";
import type { DecodedBody, PatchType } from "../registry/store.ts";
import { JsonSyntaxError } from "./json-strict.ts";
import type { BodyFormat } from "./media-type.ts";
import { parseJson } from "./parse-json.ts";
import { parseYaml } from "./parse-yaml.ts";

/**
 * Turns a Kubernetes protobuf envelope into the JSON form.
 * @throws StatusError 400
 */
export type ProtobufDecoder = (body: Buffer) => unknown;

export interface Decoder {
  readonly protobuf: ProtobufDecoder;
}

const noFields: readonly string[] = [];

/**
 * The value of a POST or PUT body of the kind called `expected`.
 * @throws StatusError 400
 */
export function decodeObject(
  body: Buffer,
  options: { format: BodyFormat; expected: string; decoder: Decoder },
): DecodedBody {
  const { format, expected, decoder } = options;
  if (format === "protobuf") return { value: decoder.protobuf(body), duplicateFields: noFields };
  const decoded = reading(
    () => (format === "yaml" ? parseYaml(body) : parseJson(body)),
    (message) =>
      `the object provided is unrecognized (must be of type ${expected}): couldn't get version/kind; json parse error: ${message} (${summary(body)})`,
  );
  if (typeof decoded.value === "object" && decoded.value !== null && !Array.isArray(decoded.value)) return decoded;
  if (decoded.value === null) return { value: {}, duplicateFields: noFields };
  throw badRequest(
    `the object provided is unrecognized (must be of type ${expected}): couldn't get version/kind; json parse error: ` +
      `json: cannot unmarshal ${goTypeName(decoded.value)} into Go value of type ${typeMeta} (${summary(body)})`,
  );
}

const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The value of a PATCH body. @throws StatusError 400 */
export function decodePatch(body: Buffer, type: PatchType): DecodedBody {
  if (type === "apply") {
    const decoded = reading(
      () => parseYaml(body),
      (message) => `error decoding YAML: ${message}`,
    );
    if (isObject(decoded.value)) return decoded;
    throw badRequest(
      `error decoding YAML: json: cannot unmarshal ${goTypeName(decoded.value)} into Go value of type map[string]interface {}`,
    );
  }
  const decoded = reading(
    () => parseJson(body),
    (message) => (type === "strategic" ? message : `error decoding patch: ${message}`),
  );
  if (type === "json" ? Array.isArray(decoded.value) : isObject(decoded.value)) return decoded;
  const wanted = type === "json" ? "[]handlers.jsonPatchOp" : "map[string]interface {}";
  throw badRequest(
    `error decoding patch: json: cannot unmarshal ${goTypeName(decoded.value)} into Go value of type ${wanted}`,
  );
}

/** The value of the body of a DELETE. @throws StatusError 400 */
export function decodeOptions(body: Buffer, options: { format: BodyFormat; decoder: Decoder }): unknown {
  if (options.format === "protobuf") return options.decoder.protobuf(body);
  return reading(
    () => (options.format === "yaml" ? parseYaml(body) : parseJson(body)),
    (message) => `couldn't get version/kind; json parse error: ${message}`,
  ).value;
}

function reading<T>(read: () => T, describe: (message: string) => string): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(describe(error.message));
    throw error;
  }
}

/** What Go's JSON decoder calls a value. */
export function goTypeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** The first 30 bytes of a body: as they are where they look like JSON, otherwise in hexadecimal. */
function summary(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const head = body.subarray(0, 30);
  const more = body.length > 30 ? " ..." : "";
  return (body[0] === 0x7b ? head.toString("utf8") : head.toString("hex")) + more;
}

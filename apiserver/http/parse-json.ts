import { countKeys, scanJson } from "./json-scan.ts";
import { JsonSyntaxError, maxJsonDepth, parseStrictJson, type StrictJson } from "./json-strict.ts";

const noFields: readonly string[] = [];

/**
 * JSON from outside: duplicate keys are reported, integers that a double cannot hold are refused, nesting is limited,
 * and keys such as `__proto__` are just keys.
 *
 * @throws JsonSyntaxError
 */
export function parseJson(bytes: Buffer): StrictJson {
  const scan = scanJson(bytes);
  const text = bytes.toString("utf8");
  if (scan.depth > maxJsonDepth || scan.doubtfulNumber) return parseStrictJson(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const exact = parseStrictJson(text);
    throw new JsonSyntaxError(`unreadable JSON: ${String(error)}, read as ${typeof exact.value}`);
  }
  if (countKeys(value) !== scan.keys) return parseStrictJson(text);
  return { value, duplicateFields: noFields };
}

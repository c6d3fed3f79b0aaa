import { stringify } from "yaml";
import type { Exchange } from "../exchange.ts";
import type { Representation } from "../negotiate.ts";
import { truthy } from "../request-info.ts";
import { type Answer, respond, respondNow } from "./respond.ts";

/** Indented JSON: asked for by the query, or by the kind of program a person reads. */
export function wantsPretty(exchange: Exchange): boolean {
  const { query } = exchange.info;
  const asked = query.size === 0 ? null : query.get("pretty");
  if (asked !== null) return truthy(asked);
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(exchange.userAgent);
}

export const contentTypes = { json: "application/json", yaml: "application/yaml" } as const;

/** Sends any value as the client wants JSON or YAML to look. */
export function sendValue(
  exchange: Exchange,
  value: unknown,
  options: { code: number; media: Representation["media"]; headers?: readonly string[] },
): Promise<void> {
  const { code, media, headers } = options;
  return respond(exchange, {
    code,
    contentType: contentTypes[media],
    ...encodeValue(exchange, value, media),
    ...(headers !== undefined && { headers }),
  });
}

function encodeValue(
  exchange: Exchange,
  value: unknown,
  media: Representation["media"],
): Pick<Answer, "body" | "newline"> {
  if (media === "yaml") return { body: Buffer.from(stringify(value, { sortMapEntries: true, version: "1.1" })) };
  if (wantsPretty(exchange)) return { body: Buffer.from(JSON.stringify(value, null, 2)) };
  return { body: Buffer.from(JSON.stringify(value)), newline: true };
}

/** Sends an object of which the JSON is at hand. */
export function sendJsonBytes(exchange: Exchange, bytes: Buffer, code: number): Promise<void> | void {
  const answer = { code, contentType: "application/json", body: bytes, newline: true };
  if (bytes.length > 64 * 1024) return respond(exchange, answer);
  respondNow(exchange, answer);
}

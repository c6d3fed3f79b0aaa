import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Exchange } from "../exchange.ts";
import { warningHeaders } from "../warnings.ts";

export interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** Ends the body with a newline without copying it. */
  readonly newline?: boolean;
  /** Names and values in turn; they take the place of the usual ones. */
  readonly headers?: readonly string[];
}

/** Bodies above this are compressed for those who accept it. @see k8s.io/apiserver v0.36.0 pkg/endpoints/handlers/responsewriters/writers.go */
export const compressAboveBytes = 128 * 1024;

const gzipped = promisify(gzip);

/** There is one flow schema and one priority level: clients only look whether the identifiers are there. */
const flowSchemaUid = "2f3c9d4e-6d1b-4d6e-9a53-6f1f0b8f7a01";
const priorityLevelUid = "7b0a5f7c-1c52-4f0f-8d55-0d4a3b6c9e02";

/** Headers that every answer has, as a flat list of names and values; a Cache-Control of one's own takes the usual one's place. */
export function commonHeaders(exchange: Exchange, contentType: string, more: readonly string[] = []): string[] {
  const headers = ["Audit-Id", exchange.requestId];
  if (!more.includes("Cache-Control")) headers.push("Cache-Control", "no-cache, private");
  if (contentType !== "") headers.push("Content-Type", contentType);
  headers.push(
    "X-Kubernetes-PF-FlowSchema-UID",
    flowSchemaUid,
    "X-Kubernetes-PF-PriorityLevel-UID",
    priorityLevelUid,
    ...more,
  );
  if (exchange.warnings !== undefined) {
    for (const text of warningHeaders(exchange.warnings)) headers.push("Warning", text);
  }
  return headers;
}

export const acceptsGzip = (exchange: Exchange) =>
  (exchange.request.headers["accept-encoding"] ?? "").toString().includes("gzip");

/** True once an answer has begun, or nobody is there to get it: nothing more must be sent. */
export const isAnswered = (exchange: Exchange) => exchange.response.headersSent || exchange.response.destroyed;

/** Sends a whole answer. A second one is dropped: the first was a timeout's. */
export async function respond(exchange: Exchange, answer: Answer): Promise<void> {
  if (isAnswered(exchange)) return;
  if (answer.body.length > compressAboveBytes && acceptsGzip(exchange)) {
    const whole = answer.newline ? Buffer.concat([answer.body, newline]) : answer.body;
    const packed = await gzipped(whole, { level: 1 });
    if (isAnswered(exchange)) return;
    const headers = commonHeaders(exchange, answer.contentType, answer.headers);
    headers.push("Content-Encoding", "gzip", "Vary", "Accept-Encoding", "Content-Length", String(packed.length));
    exchange.response.writeHead(answer.code, headers);
    exchange.response.end(packed);
    return;
  }
  respondNow(exchange, answer);
}

/** Sends a whole answer without ever compressing it. */
export function respondNow(exchange: Exchange, answer: Answer): void {
  if (isAnswered(exchange)) return;
  const { response } = exchange;
  const headers = commonHeaders(exchange, answer.contentType, answer.headers);
  const length = answer.body.length + (answer.newline ? 1 : 0);
  headers.push("Content-Length", String(length));
  response.writeHead(answer.code, headers);
  if (length > oneWriteBytes) {
    if (answer.newline) response.write(answer.body);
    response.end(answer.newline ? newline : answer.body);
    return;
  }
  // A Latin-1 string holds any bytes and goes out in one write together with the head; a Buffer would take two.
  const text = answer.body.toString("latin1");
  response.end(answer.newline ? `${text}\n` : text, "latin1");
}

const oneWriteBytes = 64 * 1024;
const newline = Buffer.from("\n");

import { createGzip } from "node:zlib";
import type { Kind } from "../../../api/kind.ts";
import type { ListMeta } from "../../../api/meta.ts";
import type { ListPage } from "../../registry/store.ts";
import type { StoredObject } from "../../storage/storage.ts";
import type { Exchange } from "../exchange.ts";
import { type Representation, wrongTransform } from "../negotiate.ts";
import { drained } from "./drained.ts";
import { contentTypes, sendValue, wantsPretty } from "./object.ts";
import { partialMetadataJson } from "./partial-metadata.ts";
import { acceptsGzip, commonHeaders, compressAboveBytes, isAnswered, respond } from "./respond.ts";
import { includeObjectOf, layoutOf, tableJson } from "./table.ts";

/** Bytes that one write of a long list has at least, except the last. */
const sliceBytes = 256 * 1024;

/** Sends a page of objects in the form the client asked for. @throws StatusError 400, 406 */
export async function sendList(
  exchange: Exchange,
  page: ListPage,
  options: { kind: Kind; representation: Representation; nowMs: number },
): Promise<void> {
  const { kind, representation, nowMs } = options;
  const metadata = listMetadata(page);
  switch (representation.as) {
    case "PartialObjectMetadata":
      throw wrongTransform(representation.as, { kind: kind.listKind, isList: true });
    case "PartialObjectMetadataList": {
      const items = page.items.map((item) => partialMetadataJson(item.object));
      const list = items.length === 0 ? "null" : `[${items.join(",")}]`;
      const head = `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":`;
      return sendText(exchange, `${head}${JSON.stringify(metadata)},"items":${list}}`, representation);
    }
    case "Table": {
      const style = { version: representation.version, includeObject: includeObjectOf(exchange.info.query), nowMs };
      const rows = page.items.map((item) => ({ object: item.object, json: () => item.bytes().toString("utf8") }));
      const json = tableJson(layoutOf(kind), rows, { style, metadata, withColumns: true });
      return sendText(exchange, json, representation);
    }
    case "object":
      return sendItems(exchange, page, { kind, representation, metadata });
  }
}

function listMetadata(page: ListPage): ListMeta {
  return {
    resourceVersion: page.revision.toString(),
    ...(page.continueToken !== "" && { continue: page.continueToken }),
    ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
  };
}

/** JSON that has been made as text, in the media type wanted. */
export function sendText(exchange: Exchange, json: string, representation: Representation, code = 200): Promise<void> {
  if (representation.media === "yaml" || wantsPretty(exchange)) {
    return sendValue(exchange, JSON.parse(json), { code, media: representation.media });
  }
  return respond(exchange, { code, contentType: contentTypes.json, body: Buffer.from(json), newline: true });
}

async function sendItems(
  exchange: Exchange,
  page: ListPage,
  options: { kind: Kind; representation: Representation; metadata: ListMeta },
): Promise<void> {
  const { kind, representation, metadata } = options;
  const head = Buffer.from(
    `{"kind":"${kind.listKind}","apiVersion":"${kind.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
  );
  const tail = Buffer.from("]}\n");
  let length = head.length + tail.length + Math.max(page.items.length - 1, 0);
  for (const item of page.items) length += itemTail(item).length + 1;
  if (representation.media === "yaml" || wantsPretty(exchange)) {
    const whole = assemble(slices({ head, tail, page }), length);
    return sendValue(exchange, JSON.parse(whole.toString("utf8")), { code: 200, media: representation.media });
  }
  if (length <= sliceBytes) {
    const body = assemble(slices({ head, tail, page }), length);
    return respond(exchange, { code: 200, contentType: contentTypes.json, body });
  }
  await stream(exchange, slices({ head, tail, page }), length);
}

interface Pieces {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly page: ListPage;
}

/** The list in Buffers of about {@link sliceBytes}, made one at a time. */
function* slices({ head, tail, page }: Pieces): Generator<Buffer> {
  let slice = Buffer.allocUnsafe(sliceBytes);
  let used = head.copy(slice, 0);
  let first = true;
  for (const item of page.items) {
    const rest = itemTail(item);
    if (used + rest.length + 2 > slice.length) {
      yield slice.subarray(0, used);
      slice = Buffer.allocUnsafe(Math.max(sliceBytes, rest.length + 2));
      used = 0;
    }
    if (!first) slice[used++] = comma;
    first = false;
    slice[used++] = openingBrace;
    used += rest.copy(slice, used);
  }
  if (used + tail.length > slice.length) {
    yield slice.subarray(0, used);
    slice = Buffer.allocUnsafe(tail.length);
    used = 0;
  }
  used += tail.copy(slice, used);
  yield slice.subarray(0, used);
}

const comma = 0x2c;
const openingBrace = 0x7b;

/** An item without its first byte, which {@link slices} writes itself: so most items need not be copied twice. */
function itemTail(item: StoredObject): Buffer {
  return item.itemTail?.() ?? item.itemBytes().subarray(1);
}

function assemble(parts: Iterable<Buffer>, length: number): Buffer {
  const all = [...parts];
  return all.length === 1 ? (all[0] ?? Buffer.alloc(0)) : Buffer.concat(all, length);
}

/** Sends slice after slice, each when the one before has left; stops when the client has gone. */
async function stream(exchange: Exchange, parts: Iterable<Buffer>, length: number): Promise<void> {
  if (isAnswered(exchange)) return;
  const { response } = exchange;
  const headers = commonHeaders(exchange, contentTypes.json);
  const compress = length > compressAboveBytes && acceptsGzip(exchange);
  if (compress) headers.push("Content-Encoding", "gzip", "Vary", "Accept-Encoding");
  else headers.push("Content-Length", String(length));
  response.writeHead(200, headers);
  if (!compress) {
    for (const part of parts) {
      if (!response.write(part)) await drained(response, exchange.signal);
      if (exchange.aborted) return;
    }
    response.end();
    return;
  }
  const packer = createGzip({ level: 1 });
  packer.pipe(response);
  for (const part of parts) {
    if (!packer.write(part)) await drained(packer, exchange.signal);
    if (exchange.aborted) {
      packer.destroy();
      return;
    }
  }
  packer.end();
}

import type { Kind } from "../../../api/kind.ts";
import type { ObjectMeta } from "../../../api/meta.ts";
import type { Status } from "../../../api/status.ts";
import type { Clock } from "../../../component-base/clock.ts";
import type { WatchEvent } from "../../storage/storage.ts";
import type { Exchange } from "../exchange.ts";
import { type Representation, wrongTransform } from "../negotiate.ts";
import { partialMetadataJson } from "./partial-metadata.ts";
import { bookmarkTableJson, includeObjectOf, layoutOf, tableJson } from "./table.ts";
import { type EncodedBatch, frame } from "./watch-stream.ts";

export interface EventEncoder {
  batch(events: readonly WatchEvent[]): EncodedBatch;
  error(status: Status): EncodedBatch;
}

/** An event's line is shared by its watchers, and so is the chunk around it, found by the line. */
export type SharedChunks = WeakMap<Buffer, Buffer>;

/** Encodes the events of one watch in the form its client asked for. @throws StatusError 400, 406 */
export function eventEncoder(
  exchange: Exchange,
  options: { kind: Kind; representation: Representation; clock: Clock; chunks: SharedChunks },
): EventEncoder {
  const { kind, representation, clock, chunks } = options;
  switch (representation.as) {
    case "object":
      return encoderOf(chunks, (event) => (event.type === "BOOKMARK" ? bookmarkLine(kind, event) : event.line()));
    case "PartialObjectMetadata":
      return encoderOf(chunks, (event) => {
        const object = event.object?.object ?? { metadata: bookmarkMetadata(event) };
        return textLine(event.type, partialMetadataJson(object));
      });
    case "PartialObjectMetadataList":
      throw wrongTransform(representation.as, { kind: kind.kind, isList: false });
    case "Table": {
      const { version } = representation;
      const includeObject = includeObjectOf(exchange.info.query);
      const layout = layoutOf(kind);
      let withColumns = true;
      return encoderOf(chunks, (event) => {
        const style = { version, includeObject, nowMs: clock.now() };
        const { object } = event;
        const json =
          object === undefined
            ? bookmarkTableJson(layout, { style, withColumns, metadata: bookmarkMetadata(event) })
            : tableJson(layout, [{ object: object.object, json: () => object.bytes().toString("utf8") }], {
                style,
                withColumns,
                metadata: { resourceVersion: event.revision.toString() },
              });
        withColumns = false;
        return textLine(event.type, json);
      });
    }
  }
}

function encoderOf(chunks: SharedChunks, lineOf: (event: WatchEvent) => Buffer): EventEncoder {
  return {
    batch(events) {
      const [only] = events;
      if (events.length === 1 && only !== undefined) return encoded(lineOf(only), chunks);
      const lines = Buffer.concat(events.map(lineOf));
      return { lines, chunk: frame(lines) };
    },
    error: (status) => encoded(textLine("ERROR", JSON.stringify(status)), chunks),
  };
}

function encoded(lines: Buffer, chunks: SharedChunks): EncodedBatch {
  let chunk = chunks.get(lines);
  if (chunk === undefined) {
    chunk = frame(lines);
    chunks.set(lines, chunk);
  }
  return { lines, chunk };
}

const textLine = (type: string, json: string) => Buffer.from(`{"type":"${type}","object":${json}}\n`);

function bookmarkMetadata(event: WatchEvent): ObjectMeta {
  return {
    resourceVersion: event.revision.toString(),
    ...(event.initialEventsEnd === true && { annotations: { "k8s.io/initial-events-end": "true" } }),
  };
}

function bookmarkLine(kind: Kind, event: WatchEvent): Buffer {
  const metadata = JSON.stringify(bookmarkMetadata(event));
  return textLine("BOOKMARK", `{"kind":"${kind.kind}","apiVersion":"${kind.apiVersion}","metadata":${metadata}}`);
}

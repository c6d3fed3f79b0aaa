import { type Status, StatusError } from "../api/status.ts";
import type { WatchStreamEvent } from "./rest-client.ts";

const newline = 0x0a;

/**
 * Parses a watch body: one JSON event a line. ERROR events are thrown as StatusError; a line cut off by the end of the
 * stream is dropped, since its event comes again when the watch is resumed.
 */
export async function* watchEvents<T>(body: AsyncIterable<Buffer>): AsyncGenerator<WatchStreamEvent<T>, void, void> {
  let partial: Buffer[] = [];
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      let text: string;
      if (partial.length === 0) {
        text = chunk.toString("utf8", start, end);
      } else {
        partial.push(chunk.subarray(start, end));
        text = Buffer.concat(partial).toString("utf8");
        partial = [];
      }
      start = end + 1;
      if (text !== "") yield parseEvent<T>(text);
    }
    if (start < chunk.length) partial.push(start === 0 ? chunk : chunk.subarray(start));
  }
}

function parseEvent<T>(text: string): WatchStreamEvent<T> {
  const event: unknown = JSON.parse(text);
  if (typeof event !== "object" || event === null || !("type" in event) || !("object" in event)) {
    throw new SyntaxError("a watch event has no type or no object");
  }
  if (event.type === "ERROR") throw new StatusError(event.object as Status);
  return event as WatchStreamEvent<T>;
}

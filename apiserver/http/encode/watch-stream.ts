import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "../exchange.ts";
import { drained } from "./drained.ts";

/** A batch of events in the form it is written in. */
export interface EncodedBatch {
  /** The lines of the batch. */
  readonly lines: Buffer;
  /** The same as one HTTP chunk, shared by all watchers that are sent it. */
  readonly chunk: Buffer;
}

/**
 * The body of a watch. Chunks that are encoded already go to the socket as they are: `response.write` would make three
 * writes of each, and an event is sent to a thousand watchers.
 */
export class WatchStream {
  readonly #response: ServerResponse;
  readonly #exchange: Exchange;
  readonly #socket: Socket | null;

  /** @param response - its head has been sent, with Transfer-Encoding: chunked */
  constructor(response: ServerResponse, exchange: Exchange) {
    this.#response = response;
    this.#exchange = exchange;
    // Without a socket the answer to an earlier request on this connection is still on its way.
    this.#socket = exchange.request.httpVersionMinor === 0 ? null : response.socket;
  }

  /** @returns true when nothing more should be written before {@link drained} */
  write(batch: EncodedBatch): boolean {
    if (this.#socket === null) return !this.#response.write(batch.lines);
    if (this.#socket.destroyed) return true;
    return !this.#socket.write(batch.chunk);
  }

  async send(batch: EncodedBatch): Promise<void> {
    if (this.write(batch)) await this.drained();
  }

  drained(): Promise<void> {
    const stream = this.#socket ?? this.#response;
    if (stream.destroyed) return Promise.resolve();
    return drained(stream, this.#exchange.signal);
  }
}

/** Frames lines as one chunk of HTTP/1.1's chunked coding. */
export function frame(lines: Buffer): Buffer {
  const head = `${lines.length.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(head.length + lines.length + 2);
  chunk.write(head, 0, "latin1");
  lines.copy(chunk, head.length);
  chunk.write("\r\n", head.length + lines.length, "latin1");
  return chunk;
}

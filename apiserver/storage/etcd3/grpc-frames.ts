import type { ClientHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import { GRPC, GrpcError } from "./grpc-errors.ts";
import { writeFrameHeader } from "./protobuf.ts";
import { MAX_MESSAGE_BYTES, type StreamHandlers } from "./transport.ts";

const FRAME_HEADER_BYTES = 5;

/** A message as gRPC sends it: uncompressed, its length in front. */
export function frame(payload: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(framed, payload.length);
  framed.set(payload, FRAME_HEADER_BYTES);
  return framed;
}

/** Cuts the stream into messages and reads the status from the trailers. */
export function receive(stream: ClientHttp2Stream, handlers: StreamHandlers): void {
  let status: GrpcError | "ok" | undefined;
  let failure: unknown;
  const cutter = new FrameCutter(handlers);
  const readStatus = (headers: Record<string, unknown>) => {
    const code = headers["grpc-status"];
    if (code === undefined) return;
    const text = headers["grpc-message"];
    const detail = typeof text === "string" ? decodeURIComponent(text) : "";
    status = Number(code) === GRPC.ok ? "ok" : new GrpcError(Number(code), detail, { sent: true });
  };
  stream.on("response", readStatus);
  stream.on("trailers", readStatus);
  stream.on("data", (chunk: Buffer) => {
    try {
      cutter.push(chunk);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  stream.on("error", (error) => {
    failure = error;
  });
  stream.on("close", () => {
    if (status === "ok") handlers.end(undefined);
    else if (status !== undefined) handlers.end(status);
    else {
      // A refused stream has not been looked at by the other side.
      const sent = stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM;
      handlers.end(new GrpcError(GRPC.unavailable, "connection lost", { sent, cause: failure }));
    }
  });
}

/** Puts messages together from chunks; copies only those that span chunks. */
class FrameCutter {
  readonly #handlers: StreamHandlers;
  #parts: Buffer[] = [];
  #have = 0;

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
  }

  push(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    for (;;) {
      if (this.#have < FRAME_HEADER_BYTES) return;
      let head = this.#parts[0] ?? chunk;
      if (head.length < FRAME_HEADER_BYTES) head = this.#join();
      const length = head.readUInt32BE(1);
      if (length > MAX_MESSAGE_BYTES) throw new RangeError("message too long");
      const total = FRAME_HEADER_BYTES + length;
      if (this.#have < total) return;
      if (head.length < total) head = this.#join();
      this.#have -= total;
      if (head.length === total) this.#parts.shift();
      else this.#parts[0] = head.subarray(total);
      this.#handlers.message(head.subarray(FRAME_HEADER_BYTES, total));
    }
  }

  #join(): Buffer {
    const joined = Buffer.concat(this.#parts, this.#have);
    this.#parts = [joined];
    return joined;
  }
}

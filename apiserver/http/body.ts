import type { IncomingMessage } from "node:http";
import { requestEntityTooLarge } from "../../api/status.ts";
import { clientGone } from "./exchange.ts";

/** Bytes that a request body may have. */
const maxBodyBytes = 3 * 1024 * 1024;

/** A body beyond the limit is read to its end, so that its sender lives to see the answer, but not further than this. */
const maxDiscardedBytes = 16 * 1024 * 1024;

const empty = Buffer.alloc(0);

/**
 * The whole body.
 * @throws StatusError 413, `clientGone` when the connection ends before the body
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const { headers } = request;
  if (headers["content-length"] === "0") return Promise.resolve(empty);
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) {
    return Promise.resolve(empty);
  }
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(requestEntityTooLarge(`limit is ${maxBodyBytes}`));
    let chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBodyBytes) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      if (length <= maxDiscardedBytes) return;
      request.pause();
      tooLarge();
    });
    request.once("end", () => {
      if (length > maxBodyBytes) tooLarge();
      else resolve(chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks, length));
    });
    request.once("close", () => reject(clientGone));
    request.once("error", () => reject(clientGone));
  });
}

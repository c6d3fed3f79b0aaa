import type { Socket } from "node:net";
import { badRequest, failure, type StatusError } from "../api/status.ts";

/** URL and header fields together, in bytes. @see Go net/http v1.24 DefaultMaxHeaderBytes, and the 4 KiB it adds */
export const maxHeaderBytes = (1 << 20) + 4096;

/** What Node's parser fails with. */
interface ParserError extends Error {
  readonly code?: string;
}

/**
 * Answers what is not HTTP, or too much of it, and ends the connection.
 * @param isAnswering - whether an answer on the connection has begun: another would be taken for a part of it
 */
export function refuseMalformed(error: ParserError, socket: Socket, isAnswering: (socket: Socket) => boolean): void {
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering(socket)) return void socket.destroy();
  const { status } = statusOf(error);
  const body = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${status.code} ${reasonPhrases[status.code ?? 400] ?? "Bad Request"}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

const reasonPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

function statusOf(error: ParserError): StatusError {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return failure({
        code: 431,
        reason: "BadRequest",
        message: `the URL and the header fields of the request are larger than ${maxHeaderBytes} bytes`,
      });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return failure({ code: 408, reason: "Timeout", message: "the request did not arrive in time" });
    default:
      return badRequest(`the request is not valid HTTP/1.1: ${error.message}`);
  }
}

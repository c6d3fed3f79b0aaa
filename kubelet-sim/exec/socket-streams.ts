import { PassThrough } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { channels, readMessage, writeMessage } from "./channels.ts";
import type { Output } from "./program.ts";

/** What is read ahead of a program; the socket waits beyond it. */
const stdinBytes = 64 * 1024;
const maxMessageBytes = 32 * 1024;

/** Standard input as it comes in, for as long as somebody reads it. */
export function stdinOf(socket: WebSocket, options: { readonly wanted: boolean }): AsyncIterable<Uint8Array> {
  const stdin = new PassThrough({ highWaterMark: stdinBytes });
  const read = (data: RawData) => {
    const message = readMessage(bytesOf(data));
    if (message.kind === "closed" && message.channel === channels.stdin) stdin.end();
    if (message.kind !== "stdin" || stdin.writableEnded || stdin.write(message.data)) return;
    socket.pause();
    stdin.once("drain", () => socket.resume());
  };
  socket.on("message", read);
  // Whoever stops reading it destroys it; what comes then is dropped, and the socket goes on being read.
  stdin.once("close", () => {
    socket.off("message", read);
    socket.on("message", () => undefined);
    socket.resume();
  });
  socket.once("close", () => stdin.end());
  if (!options.wanted) stdin.end();
  return stdin;
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** One channel of output: a write is done when the socket has taken it, so a slow reader slows the program. */
export function outputOf(socket: WebSocket, channel: number, options: { readonly terminal: boolean }): Output {
  return {
    async write(data) {
      const bytes = options.terminal ? terminalText(data) : typeof data === "string" ? Buffer.from(data) : data;
      for (let at = 0; at < bytes.length; at += maxMessageBytes) {
        await send(socket, writeMessage(channel, bytes.subarray(at, at + maxMessageBytes)));
      }
    },
  };
}

export const noOutput: Output = { write: () => Promise.resolve() };

/** A terminal in raw mode wants to be told to go back to the beginning of the line. */
function terminalText(data: Uint8Array | string): Uint8Array {
  const text = typeof data === "string" ? Buffer.from(data).toString("latin1") : Buffer.from(data).toString("latin1");
  return Buffer.from(text.replace(/\r?\n/g, "\r\n"), "latin1");
}

/** @throws what the socket says when it is closed */
export function send(socket: WebSocket, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, { binary: true }, (error) => (error ? reject(error) : resolve()));
  });
}

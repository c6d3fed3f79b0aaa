import type { RawData, WebSocket } from "ws";
import { channels, readMessage, writeMessage } from "./channels.ts";
import { type Input, InputQueue } from "./input.ts";
import type { Output } from "./program.ts";

const maxMessageBytes = 32 * 1024;

/** Standard input as it comes in, no faster than it is read. */
export function stdinOf(socket: WebSocket, options: { readonly wanted: boolean }): Input {
  const input = new InputQueue(() => socket.resume());
  socket.on("message", (data: RawData) => {
    const message = readMessage(bytesOf(data));
    if (message.kind === "closed" && message.channel === channels.stdin) input.end();
    if (message.kind === "stdin" && !input.push(message.data)) socket.pause();
  });
  socket.once("close", () => input.end());
  if (!options.wanted) input.end();
  return input;
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

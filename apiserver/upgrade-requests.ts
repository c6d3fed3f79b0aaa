import { type IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Upgrade } from "./http/exchange.ts";

export interface UpgradeHandler {
  /** @param upgrade - of a request for which `upgrades` is true, and which has an Upgrade header */
  handle(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): void;
  /** Whether an Upgrade header means anything where this request goes. */
  upgrades(request: IncomingMessage): boolean;
}

/**
 * Hands over requests that want to leave HTTP. Once anybody listens for them, Node takes every request with an Upgrade header
 * for one, whatever it asks for and whether or not it has a body: those that the handler has no upgrade for are served as
 * if they had no such header.
 */
export function serveUpgrades(server: Server, handler: UpgradeHandler): void {
  server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const socket = duplex as Socket;
    // Nobody else listens any more, and an error that nobody hears ends the process.
    const onError = () => socket.destroy();
    socket.on("error", onError);
    const response = responseOn(request, socket);
    if (response === undefined) {
      socket.destroy();
    } else if (handler.upgrades(request)) {
      handler.handle(request, response, { socket, head });
    } else {
      response.detachSocket(socket);
      socket.off("error", onError);
      socket.unshift(Buffer.concat([plainHead(request), head]));
      server.emit("secureConnection", socket);
    }
  });
}

/** An answer in words, after which the connection ends; undefined while an earlier one is still on its way. */
function responseOn(request: IncomingMessage, socket: Socket): ServerResponse | undefined {
  const response = new ServerResponse(request);
  try {
    response.assignSocket(socket);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
  response.shouldKeepAlive = false;
  response.once("finish", () => socket.destroySoon());
  return response;
}

function plainHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (!/^(?:connection|upgrade)$/i.test(name)) text += `${name}: ${rawHeaders[at + 1]}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, "latin1");
}

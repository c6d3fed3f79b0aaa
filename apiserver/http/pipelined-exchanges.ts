import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";

/**
 * Exchanges whose answers wait for earlier ones on the same connection. Until its turn comes such an answer has no socket,
 * and Node does not tell it when the connection ends.
 */
export class PipelinedExchanges {
  /** One listener a connection, however many requests a client has sent ahead. */
  readonly #waiting = new WeakMap<Socket, Set<Exchange>>();
  readonly #onGone: (exchange: Exchange) => void;

  /** @param onGone - told once of each exchange whose connection ended before its turn */
  constructor(onGone: (exchange: Exchange) => void) {
    this.#onGone = onGone;
  }

  add(exchange: Exchange): void {
    const waiting = this.#of(exchange.request.socket);
    waiting.add(exchange);
    exchange.response.once("close", () => waiting.delete(exchange));
  }

  #of(socket: Socket): Set<Exchange> {
    const known = this.#waiting.get(socket);
    if (known !== undefined) return known;
    const waiting = new Set<Exchange>();
    this.#waiting.set(socket, waiting);
    socket.once("close", () => {
      for (const exchange of waiting) {
        // One that has its socket by now is told as all others are.
        if (exchange.response.socket !== null) continue;
        exchange.response.destroy();
        this.#onGone(exchange);
      }
      waiting.clear();
    });
    return waiting;
  }
}

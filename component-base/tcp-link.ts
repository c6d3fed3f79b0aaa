import type { Socket } from "node:net";
import type { LinkFault } from "./link-fault.ts";
import { type LaneDeps, TcpLane } from "./tcp-lane.ts";

/**
 * One relayed connection: two sockets, made with `allowHalfOpen`, and the bytes between them both ways. An end is handed on
 * as an end, so that the other direction goes on; a broken socket breaks the other one.
 */
export class TcpLink {
  readonly #caller: Socket;
  readonly #target: Socket;
  readonly #lanes: readonly TcpLane[];

  /** @param options.onClosed - called once, when neither socket is left */
  constructor(
    caller: Socket,
    target: Socket,
    options: { readonly fault: LinkFault; readonly onClosed: () => void } & LaneDeps,
  ) {
    this.#caller = caller;
    this.#target = target;
    this.#lanes = [
      new TcpLane(caller, target, { ...options, towards: "target" }),
      new TcpLane(target, caller, { ...options, towards: "caller" }),
    ];
    for (const [socket, other] of [
      [caller, target],
      [target, caller],
    ] as const) {
      socket.setNoDelay(true);
      // "close" follows.
      socket.on("error", () => undefined);
      socket.once("close", () => {
        if (!socket.readableEnded || !socket.writableFinished) other.resetAndDestroy();
        if (!other.destroyed) return;
        for (const lane of this.#lanes) lane.close();
        options.onClosed();
      });
    }
    if (caller.destroyed) target.resetAndDestroy();
  }

  setFault(fault: LinkFault): void {
    if (fault.kind === "refuse") this.destroy();
    else for (const lane of this.#lanes) lane.setFault(fault);
  }

  destroy(): void {
    this.#caller.resetAndDestroy();
    this.#target.resetAndDestroy();
  }
}

import type { Clock } from "../../component-base/clock.ts";
import { drained } from "../http/encode/drained.ts";
import type { Exchange } from "../http/exchange.ts";

/** How long a client may take nothing: as long as a snapshot lasts, etcd can free no page of its database. */
const STALL_MS = 60_000;

/**
 * Sends a part of a body, and resolves when there is room for the next. A client that has stopped reading loses its connection.
 * @returns false when nobody is there any more
 */
export async function sendPiece(
  exchange: Pick<Exchange, "response" | "signal" | "aborted">,
  piece: string | Uint8Array,
  clock: Pick<Clock, "setTimer">,
): Promise<boolean> {
  const { response } = exchange;
  if (!response.write(piece)) {
    const timer = clock.setTimer(STALL_MS, () => response.destroy());
    await drained(response, exchange.signal);
    timer.cancel();
  }
  return !exchange.aborted && !response.destroyed;
}

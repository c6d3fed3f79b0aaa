import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { sendPiece } from "./send-piece.ts";

/** A response whose client takes a piece when it is told to. */
function slowClient() {
  const taken: (() => void)[] = [];
  const response: unknown = new Writable({ highWaterMark: 1, write: (_piece, _encoding, done) => taken.push(done) });
  const { signal } = new AbortController();
  return { exchange: { response: response as ServerResponse, signal, aborted: false }, taken };
}

test("the next piece waits until the client has taken this one", async () => {
  const clock = new VirtualClock();
  const { exchange, taken } = slowClient();
  let sent: boolean | undefined;
  const sending = sendPiece(exchange, "piece", clock).then((answer) => {
    sent = answer;
  });
  await clock.advance(59_000);
  expect(sent).toBeUndefined();
  taken[0]?.();
  await sending;
  expect(sent).toBe(true);
  await clock.advance(120_000);
  expect(exchange.response.destroyed).toBe(false);
});

test("a client that takes nothing for a minute loses its connection", async () => {
  const clock = new VirtualClock();
  const { exchange } = slowClient();
  const sending = sendPiece(exchange, "piece", clock);
  await clock.advance(60_000);
  expect(await sending).toBe(false);
  expect(exchange.response.destroyed).toBe(true);
});

import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { Deadlines, requestedTimeoutMs } from "./deadline.ts";
import { deadlinePassed, Exchange } from "./exchange.ts";
import { requestInfo } from "./request-info.ts";

function exchangeAt(clock: VirtualClock): Exchange {
  return new Exchange({
    request: { headers: {} } as IncomingMessage,
    response: {} as ServerResponse,
    requestId: "r",
    info: requestInfo("GET", "/api/v1/pods"),
    accept: [],
    user: { name: "u", groups: [], extra: {} },
    startedAtMs: clock.monotonicMs(),
  });
}

test("requests are given up after a minute, or after the shorter time they ask for", async () => {
  const clock = new VirtualClock();
  const passed: Exchange[] = [];
  const deadlines = new Deadlines({ clock, onPassed: (exchange) => passed.push(exchange) });
  const [usual, quick, done] = [exchangeAt(clock), exchangeAt(clock), exchangeAt(clock)];
  deadlines.watch(usual, undefined);
  deadlines.watch(quick, 5000);
  deadlines.watch(done, undefined);
  deadlines.forget(done);
  await clock.advance(5000);
  expect(passed).toEqual([quick]);
  expect(quick.signal.reason).toBe(deadlinePassed);
  await clock.advance(54_000);
  expect(passed).toEqual([quick]);
  await clock.advance(2000);
  expect(passed).toEqual([quick, usual]);
  expect(done.aborted).toBe(false);
  deadlines.stop();
});

test("a timeout of zero means none", () => {
  expect(requestedTimeoutMs(new URLSearchParams("timeout=0s"))).toBeUndefined();
  expect(requestedTimeoutMs(new URLSearchParams("timeout=32s"))).toBe(32_000);
});

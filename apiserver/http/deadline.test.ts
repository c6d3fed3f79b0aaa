import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { Deadlines, requestedTimeoutMs } from "./deadline.ts";
import { deadlinePassed, Exchange } from "./exchange.ts";
import { LiveExchanges } from "./live-exchanges.ts";
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
  const live = new LiveExchanges();
  const deadlines = new Deadlines({ clock, live, onPassed: (exchange) => passed.push(exchange) });
  const [usual, quick, done] = [exchangeAt(clock), exchangeAt(clock), exchangeAt(clock)];
  for (const exchange of [usual, quick, done]) live.add(exchange);
  deadlines.watch(usual, undefined);
  deadlines.watch(quick, 5000);
  deadlines.watch(done, undefined);
  deadlines.forget(done);
  live.remove(done);
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

test("what is being served is known, however often the rest comes and goes", () => {
  const clock = new VirtualClock();
  const live = new LiveExchanges();
  const all = Array.from({ length: 5 }, () => exchangeAt(clock));
  for (const exchange of all) live.add(exchange);
  for (const index of [1, 4, 1]) live.remove(all[index] as Exchange);
  expect(new Set(live)).toEqual(new Set([all[0], all[2], all[3]]));
  for (const exchange of live) live.remove(exchange);
  expect(live.size).toBe(0);
});

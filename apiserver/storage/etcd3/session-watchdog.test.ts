import { expect, test, vi } from "vitest";
import { VirtualClock } from "../../../component-base/virtual-clock.ts";
import { SessionWatchdog } from "./session-watchdog.ts";

const times = { silenceMs: 500, idleSilenceMs: 1_000, answerMs: 1_000 };

function watched(use: { calls?: number; streams?: number }) {
  const clock = new VirtualClock();
  const state = { bytes: 100, calls: 0, streams: 0, ...use, provoked: 0, destroyed: false };
  const watchdog = new SessionWatchdog(
    {
      bytesRead: () => state.bytes,
      waitingCalls: () => state.calls,
      openStreams: () => state.streams,
      provoke: () => state.provoked++,
      destroy: () => {
        state.destroyed = true;
      },
    },
    { clock, times },
  );
  watchdog.inUse();
  return { clock, state };
}

test.each([
  { name: "calls that wait", use: { calls: 1 }, suspectMs: 500 },
  { name: "an idle stream", use: { streams: 1 }, suspectMs: 1_000 },
])("$name: a silent session is provoked, and ended when it stays silent", async ({ use, suspectMs }) => {
  const { clock, state } = watched(use);
  await clock.advance(suspectMs - 1);
  expect(state.provoked).toBe(0);
  await clock.advance(1);
  expect(state.provoked).toBe(1);
  await clock.advance(999);
  expect(state.destroyed).toBe(false);
  await clock.advance(1);
  await vi.waitFor(() => expect(state.destroyed).toBe(true));
});

test("any byte is a sign of life", async () => {
  const { clock, state } = watched({ calls: 1 });
  await clock.advance(600);
  state.bytes++;
  await clock.advance(1_000);
  expect(state).toMatchObject({ provoked: 1, destroyed: false });
});

test("a session that answers is left alone, and one that is not used costs no timer", async () => {
  const { clock, state } = watched({ calls: 1 });
  for (let i = 0; i < 10; i++) {
    state.bytes++;
    await clock.advance(500);
  }
  state.calls = 0;
  await clock.advance(500);
  expect(state.provoked).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});

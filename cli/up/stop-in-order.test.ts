import { expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { stopDeadlineMs, stopInOrder } from "./stop-in-order.ts";

/** Stops components that behave as told, and notes what was stopped, said and killed, in that order. */
function scene(groups: Record<string, "stops" | "hangs" | "fails">[]) {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const stop = async (name: string, manner: string) => {
    seen.push(`stop ${name}`);
    if (manner === "hangs") await new Promise(() => undefined);
    if (manner === "fails") throw new Error("was killed");
  };
  const kill = async () => void seen.push("kill");
  const made = groups.map((group) =>
    Object.entries(group).map(([name, manner]) => ({ name, stop: () => stop(name, manner) })),
  );
  const stopped = stopInOrder(made, { clock, say: (line) => seen.push(line), kill });
  return { clock, seen, stopped };
}

test("one group after the other, without a word and without a timer left", async () => {
  const { clock, seen, stopped } = scene([{ scheduler: "stops", controller: "stops" }, { etcd: "stops" }]);
  await stopped;
  expect(seen).toEqual(["stop scheduler", "stop controller", "stop etcd"]);
  expect(clock.pendingTimers).toBe(0);
});

test("a component that fails to stop is said, and the rest is stopped", async () => {
  const { seen, stopped } = scene([{ scheduler: "fails" }, { etcd: "stops" }]);
  await stopped;
  expect(seen).toEqual(["stop scheduler", "scheduler was killed", "stop etcd"]);
});

test("what hangs is named and killed at the deadline, with all that waits behind it", async () => {
  const { clock, seen, stopped } = scene([{ scheduler: "hangs", controller: "stops" }, { etcd: "stops" }]);
  await clock.advance(stopDeadlineMs - 1);
  expect(seen).toEqual(["stop scheduler", "stop controller"]);
  await clock.advance(1);
  await stopped;
  expect(seen.slice(2)).toEqual(["not stopped within 3.5 s, so killed: scheduler, etcd", "kill"]);
});

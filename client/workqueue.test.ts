import { describe, expect, test } from "vitest";
import { silentLogger } from "../component-base/logger.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import { runWorkers, TerminalError } from "./workers.ts";
import { createWorkQueue } from "./workqueue.ts";

const open = () => {
  const clock = new VirtualClock();
  return { clock, queue: createWorkQueue<string>({ clock }) };
};

describe("work queue", () => {
  test("adds of a queued key are one; keys come in order of arrival", async () => {
    const { queue } = open();
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    expect(queue.length).toBe(3);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["a", "b", "c"]);
  });

  test("a key that is added while it is worked on waits, and runs exactly once more", async () => {
    const { queue } = open();
    queue.add("a");
    await queue.take();
    queue.add("a");
    queue.add("a");
    expect(queue.length).toBe(0);
    queue.done("a");
    expect(queue.length).toBe(1);
    await queue.take();
    queue.done("a");
    expect(queue.length).toBe(0);
  });

  test("a waiting worker gets the next key at once, and nobody else does", async () => {
    const { queue } = open();
    const taken = queue.take();
    queue.add("a");
    expect(await taken).toBe("a");
    queue.add("a");
    expect(queue.length).toBe(0);
  });

  test("many keys keep their order through the queue's housekeeping", async () => {
    const { queue } = open();
    const keys = Array.from({ length: 500 }, (_, index) => `k${index}`);
    for (const key of keys) queue.add(key);
    const taken: (string | undefined)[] = [];
    for (const _ of keys) taken.push(await queue.take());
    expect(taken).toEqual(keys);
  });

  test("of two delays the earlier one counts", async () => {
    const { clock, queue } = open();
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 200);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    await clock.advance(1000);
    expect(queue.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("back-off doubles from 5 ms to 1000 s, per key, until forgotten", async () => {
    const { clock, queue } = open();
    const delayOf = async (key: string) => {
      const startMs = clock.monotonicMs();
      queue.addRateLimited(key);
      while (queue.length === 0) await clock.advance(1);
      queue.done((await queue.take()) ?? "");
      return clock.monotonicMs() - startMs;
    };
    expect([await delayOf("a"), await delayOf("a"), await delayOf("a"), await delayOf("b")]).toEqual([5, 10, 20, 5]);
    expect(queue.failures("a")).toBe(3);
    queue.forget("a");
    expect(await delayOf("a")).toBe(5);
    for (let failures = 0; failures < 30; failures++) queue.addRateLimited("c");
    queue.done("c");
    await clock.advance(1_000_000);
    expect(queue.length).toBe(1);
  });

  test("after shutdown nothing is accepted, and what is queued is handed out first", async () => {
    const { clock, queue } = open();
    queue.add("a");
    queue.addAfter("b", 10);
    queue.shutDown();
    queue.add("c");
    await clock.advance(10);
    expect([await queue.take(), await queue.take()]).toEqual(["a", undefined]);
  });
});

describe("workers", () => {
  const start = (reconcile: (key: string) => Promise<void>, maxRetries?: number) => {
    const { clock, queue } = open();
    const stop = new AbortController();
    const done = runWorkers({
      queue,
      workers: 2,
      reconcile: async (key) => {
        await reconcile(key);
        return { kind: "done" };
      },
      signal: stop.signal,
      log: silentLogger,
      ...(maxRetries !== undefined && { maxRetries }),
    });
    return { clock, queue, stop, done };
  };

  test("what throws is tried again after its back-off, and forgotten when it succeeds", async () => {
    let runs = 0;
    const { clock, queue, stop, done } = start(async () => {
      if (++runs < 3) throw new Error("not yet");
    });
    queue.add("a");
    await clock.advance(5);
    expect(runs).toBe(2);
    await clock.advance(10);
    expect([runs, queue.failures("a")]).toEqual([3, 0]);
    stop.abort();
    await done;
  });

  const giveUps = [
    { name: "a terminal error", error: new TerminalError("no"), maxRetries: undefined, runs: 1 },
    { name: "too many retries", error: new Error("no"), maxRetries: 2, runs: 3 },
  ];
  test.each(giveUps)("$name ends the retries", async ({ error, maxRetries, runs: expected }) => {
    let runs = 0;
    const { clock, queue, stop, done } = start(async () => {
      runs++;
      throw error;
    }, maxRetries);
    queue.add("a");
    await clock.advance(10_000);
    expect(runs).toBe(expected);
    stop.abort();
    await done;
  });

  test("aborting lets the run in progress end", async () => {
    let finish: () => void = () => undefined;
    let ended = false;
    const { clock, queue, stop, done } = start(async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      ended = true;
    });
    queue.add("a");
    await clock.advance(0);
    stop.abort();
    finish();
    await done;
    expect(ended).toBe(true);
  });
});

import { afterEach, expect, test } from "vitest";
import type { Running } from "../../component-base/running.ts";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { type Prepared, Supervised } from "./supervise.ts";

/** A component under the test's control: each start waits for `ready` or `fail`. */
class FakeComponent {
  starts = 0;
  stops = 0;
  discards = 0;
  #crash: (error: Error) => void = () => undefined;
  failNext: Error | undefined;

  prepare = async (): Promise<Prepared> => ({
    start: async (): Promise<Running> => {
      this.starts++;
      if (this.failNext !== undefined) throw this.failNext;
      const done = new Promise<void>((_, reject) => {
        this.#crash = reject;
      });
      done.catch(() => undefined);
      return {
        done,
        stop: async () => {
          this.stops++;
          this.#crash(new Error("stopped"));
        },
      };
    },
    discard: async () => {
      this.discards++;
    },
  });

  crash(message: string): void {
    this.#crash(new Error(message));
  }
}

let supervised: Supervised | undefined;
afterEach(async () => supervised?.stop());

function supervise(component: FakeComponent) {
  const clock = new VirtualClock();
  const said: string[] = [];
  supervised = new Supervised({
    name: "scheduler",
    prepare: () => component.prepare(),
    clock,
    say: (line) => said.push(line),
  });
  return { supervised, clock, said };
}

test("a component that crashes is started again, with growing delays and a line each time", async () => {
  const component = new FakeComponent();
  const { supervised, clock, said } = supervise(component);
  await supervised.start();
  for (const delayMs of [100, 200, 400]) {
    const starts = component.starts;
    component.crash("ended with SIGKILL");
    await clock.advance(delayMs - 1);
    expect(component.starts).toBe(starts);
    await clock.advance(1);
    expect(component.starts).toBe(starts + 1);
  }
  expect(said[0]).toBe("scheduler ended with SIGKILL; starting it again in 100 ms");
  expect(said).toHaveLength(3);
});

test("a steady run clears the memory of earlier failures", async () => {
  const component = new FakeComponent();
  const { supervised, clock, said } = supervise(component);
  await supervised.start();
  component.crash("ended");
  await clock.advance(100);
  await clock.advance(11_000);
  component.crash("ended");
  await clock.advance(0);
  expect(said.at(-1)).toContain("100 ms");
});

test("a restart that fails is tried again", async () => {
  const component = new FakeComponent();
  const { supervised, clock } = supervise(component);
  await supervised.start();
  component.failNext = new Error("port in use");
  component.crash("ended");
  await clock.advance(100);
  component.failNext = undefined;
  await clock.advance(200);
  expect(component.starts).toBe(3);
});

test("the first start is tried once and fails with its reason", async () => {
  const component = new FakeComponent();
  component.failNext = new Error("no such file");
  const { supervised } = supervise(component);
  await expect(supervised.start()).rejects.toThrow("no such file");
  expect(component.starts).toBe(1);
});

test("stopping ends the component once, and no restart follows", async () => {
  const component = new FakeComponent();
  const { supervised, clock, said } = supervise(component);
  await supervised.start();
  await supervised.stop();
  await clock.advance(60_000);
  expect(component).toMatchObject({ starts: 1, stops: 1 });
  expect(said).toEqual([]);
});

test("stopping while a restart waits starts nothing more", async () => {
  const component = new FakeComponent();
  const { supervised, clock } = supervise(component);
  await supervised.start();
  component.crash("ended");
  await clock.advance(50);
  await supervised.stop();
  await clock.advance(60_000);
  expect(component.starts).toBe(1);
});

test("stopping before the start discards what was loaded", async () => {
  const component = new FakeComponent();
  const { supervised } = supervise(component);
  supervised.preload();
  await supervised.stop();
  expect(component).toMatchObject({ starts: 0, discards: 1 });
});

test("stopping in the middle of the start ends what starts, and waits for it", async () => {
  let discarded: (reason: Error) => void = () => undefined;
  const prepare = async (): Promise<Prepared> => ({
    start: () => new Promise((_, reject) => (discarded = reject)),
    discard: async () => discarded(new Error("ended before it was ready")),
  });
  const supervised = new Supervised({ name: "apiserver", prepare, clock: new VirtualClock(), say: () => undefined });
  const started = expect(supervised.start()).rejects.toThrow("ended before it was ready");
  await Promise.resolve().then(() => undefined);
  await supervised.stop();
  await started;
});

test("code that could not be loaded is loaded anew for the next try", async () => {
  const component = new FakeComponent();
  const { supervised, clock, said } = supervise(component);
  await supervised.start();
  const load = component.prepare;
  component.prepare = () => Promise.reject(new Error("too many open files"));
  component.crash("ended");
  await clock.advance(100);
  component.prepare = load;
  await clock.advance(200);
  expect(component.starts).toBe(2);
  expect(said.at(-1)).toContain("too many open files");
});

test("held down it is not started again, however long it takes; resumed it runs at once", async () => {
  const component = new FakeComponent();
  const { supervised, clock, said } = supervise(component);
  await supervised.start();
  await supervised.hold();
  expect(supervised.state).toBe("held");
  await clock.advance(600_000);
  expect(component).toMatchObject({ starts: 1, stops: 1 });
  await supervised.resume({ signal: new AbortController().signal });
  expect(supervised).toMatchObject({ state: "running", restarts: 1, lastEnd: undefined });
  expect(component.starts).toBe(2);
  expect(said).toEqual([]);
});

test("held while it waits for a restart, it stays down", async () => {
  const component = new FakeComponent();
  const { supervised, clock } = supervise(component);
  await supervised.start();
  component.crash("ended");
  await clock.advance(50);
  expect(supervised.state).toBe("waiting");
  await supervised.hold();
  await clock.advance(60_000);
  expect(component.starts).toBe(1);
});

test("resuming says why it does not start, and goes on trying", async () => {
  const component = new FakeComponent();
  const { supervised, clock } = supervise(component);
  await supervised.start();
  await supervised.hold();
  component.failNext = new Error("port in use");
  const resumed = supervised.resume({ signal: new AbortController().signal });
  await expect(resumed).rejects.toThrow("scheduler port in use");
  component.failNext = undefined;
  await clock.advance(10_000);
  expect(supervised.state).toBe("running");
});

test("waiting until it runs can be given up", async () => {
  const component = new FakeComponent();
  const { supervised } = supervise(component);
  await supervised.start();
  await supervised.hold();
  const givenUp = new AbortController();
  const waiting = supervised.whenRunning({ signal: givenUp.signal });
  givenUp.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("how it ended is remembered, and when", async () => {
  const component = new FakeComponent();
  const { supervised, clock } = supervise(component);
  await supervised.start();
  const startedAtMs = clock.now();
  await clock.advance(5_000);
  component.crash("ended with SIGKILL");
  await clock.advance(0);
  expect(supervised.lastEnd).toMatchObject({ startedAtMs, atMs: startedAtMs + 5_000 });
  expect(supervised.lastEnd?.error).toMatchObject({ message: "ended with SIGKILL" });
});

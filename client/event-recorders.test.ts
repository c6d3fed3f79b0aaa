import { describe, expect, test } from "vitest";
import { notFound } from "../api/status.ts";
import { silentLogger } from "../component-base/logger.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import { ConnectionError } from "./connection-error.ts";
import { createCoreEventRecorders } from "./core-event-recorder.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { RestClient } from "./rest-client.ts";
import { createSeriesEventRecorder } from "./series-event-recorder.ts";

interface Write {
  readonly verb: "create" | "patch";
  readonly name: string;
  readonly body: Record<string, unknown>;
}

const pod = { kind: "Pod", apiVersion: "v1", namespace: "default", name: "web", uid: "u1" };

function setUp(make: (deps: { client: RestClient; clock: VirtualClock }) => EventRecorder) {
  const clock = new VirtualClock();
  const writes: Write[] = [];
  const failures: Error[] = [];
  const answer = (write: Write) => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    writes.push(write);
    return write.body;
  };
  const client = {
    create: async (_kind: unknown, body: Record<string, unknown> & { metadata: { name: string } }) =>
      answer({ verb: "create", name: body.metadata.name, body }),
    patch: async (_kind: unknown, key: { name: string }, patch: { body: Record<string, unknown> }) =>
      answer({ verb: "patch", name: key.name, body: patch.body }),
  } as unknown as RestClient;
  const recorder = make({ client, clock });
  const stop = new AbortController();
  const run = recorder.run({ signal: stop.signal });
  const say = async (message: string, reason = "BackOff") => {
    recorder.event(pod, { type: "Warning", reason, message });
    await clock.advance(0);
  };
  return { clock, writes, failures, recorder, stop, run, say };
}

const core = () =>
  setUp((deps) => {
    const recorders = createCoreEventRecorders({ ...deps, log: silentLogger, random: () => 0.5 });
    return {
      event: (regarding, event) => recorders.event({ component: "kubelet", host: "node-0" }, regarding, event),
      run: (options) => recorders.run(options),
    };
  });

describe("core event recorder", () => {
  test("writes an event as kubelets do, then counts on it", async () => {
    const { clock, writes, say } = core();
    await say("it fell");
    await clock.advance(61_000);
    await say("it fell");
    expect(writes[0]?.body).toEqual({
      kind: "Event",
      apiVersion: "v1",
      metadata: { name: writes[0]?.name, namespace: "default" },
      involvedObject: pod,
      reason: "BackOff",
      message: "it fell",
      source: { component: "kubelet", host: "node-0" },
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
      type: "Warning",
      reportingComponent: "kubelet",
      reportingInstance: "node-0",
    });
    expect(writes[0]?.name).toMatch(/^web\.[0-9a-f]{16}$/);
    expect(writes[1]).toEqual({
      verb: "patch",
      name: writes[0]?.name,
      body: { count: 2, lastTimestamp: "2026-01-01T00:01:01Z", message: "it fell" },
    });
  });

  test("an event whose hour is over is made again", async () => {
    const { writes, failures, say } = core();
    await say("it fell");
    failures.push(notFound({ group: "", resource: "events" }, "x"));
    await say("it fell");
    expect(writes.map(({ verb, body }) => [verb, body["count"]])).toEqual([
      ["create", 1],
      ["create", 2],
    ]);
  });

  test("from the tenth different message on they share one event", async () => {
    const { writes, say } = core();
    for (let n = 1; n <= 12; n++) await say(`try ${n}`);
    expect(writes.filter(({ verb }) => verb === "create").length).toBe(10);
    expect(writes[9]?.body["message"]).toBe("(combined from similar events): try 10");
    expect(writes.slice(10).map(({ name }) => name)).toEqual([writes[9]?.name, writes[9]?.name]);
    await say("try 2");
    expect(writes.at(-1), "what had its own event keeps it").toMatchObject({
      name: writes[1]?.name,
      body: { count: 2 },
    });
  });

  test("an object that never stops talking is cut off after 25, and gets one more every five minutes", async () => {
    const { clock, writes, say } = core();
    for (let n = 1; n <= 40; n++) await say("again");
    expect(writes.length).toBe(25);
    await clock.advance(300_000);
    for (let n = 1; n <= 3; n++) await say("again");
    expect(writes.length).toBe(26);
  });

  test("events are written one at a time and in order; the more wait, the more are written at once", async () => {
    const clock = new VirtualClock();
    const waiting: { name: string; answer: () => void }[] = [];
    let most = 0;
    const create = (_kind: unknown, { message }: { message: string }) =>
      new Promise<object>((resolve) => {
        waiting.push({ name: message, answer: () => resolve({}) });
        most = Math.max(most, waiting.length);
      });
    const client = { create, patch: create } as unknown as RestClient;
    const recorders = createCoreEventRecorders({ client, clock, log: silentLogger, maxQueued: 100 });
    const stop = new AbortController();
    const run = recorders.run({ signal: stop.signal });
    const say = (uid: string) =>
      recorders.event({ component: "kubelet" }, { ...pod, uid }, { type: "Normal", reason: "Pulled", message: uid });
    const answerAll = async () => {
      const written: string[] = [];
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        written.push(next.name);
        next.answer();
        await clock.advance(0);
      }
      return written;
    };
    for (let n = 0; n < 10; n++) say(`u${n}`);
    expect(await answerAll()).toEqual(Array.from({ length: 10 }, (_, n) => `u${n}`));
    expect(most).toBe(1);
    for (let n = 0; n < 200; n++) say(`v${n}`);
    expect(waiting.length).toBe(8);
    expect((await answerAll()).length).toBeGreaterThanOrEqual(100);
    stop.abort();
    await run;
  });

  test("without a server an event waits its turn, twelve times", async () => {
    const { clock, writes, failures, say } = core();
    failures.push(...Array.from({ length: 11 }, () => new ConnectionError("refused", "nobody listens")));
    await say("it fell");
    await clock.advance(104_000);
    expect(writes.length).toBe(0);
    await clock.advance(1_000);
    expect(writes.length).toBe(1);
  });
});

describe("series event recorder", () => {
  const series = () =>
    setUp((deps) =>
      createSeriesEventRecorder(
        { controller: "default-scheduler", instance: "default-scheduler-host" },
        { ...deps, log: silentLogger, random: () => 0.5 },
      ),
    );

  test("the second occurrence makes a series, further ones are counted, silence writes them", async () => {
    const { clock, writes, say } = series();
    for (let n = 1; n <= 5; n++) await say(`0/${n} nodes are available`, "FailedScheduling");
    expect(writes.map(({ verb }) => verb)).toEqual(["create", "patch"]);
    expect(writes[0]?.body).toMatchObject({
      regarding: pod,
      note: "0/1 nodes are available",
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "default-scheduler",
      reportingInstance: "default-scheduler-host",
    });
    expect(writes[1]?.body).toEqual({ series: { count: 2, lastObservedTime: "2026-01-01T00:00:00.000000Z" } });
    await clock.advance(6 * 60_000);
    expect(writes[2]?.body).toMatchObject({ series: { count: 5 } });
    await say("0/6 nodes are available", "FailedScheduling");
    expect(writes[3]?.verb).toBe("create");
  });

  test("a note is cut at 1024 bytes", async () => {
    const { writes, say } = series();
    await say("é".repeat(2000), "FailedScheduling");
    const note = String(writes[0]?.body["note"]);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note.endsWith("é ...")).toBe(true);
  });
});

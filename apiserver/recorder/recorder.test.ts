import { expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import type { UserInfo } from "../http/request-context.ts";
import { Recorder, type RecorderLimits } from "./recorder.ts";
import { buildTrace } from "./trace.ts";

const warnings: unknown[] = [];
const clock = new VirtualClock();
const recorderWith = (limits: RecorderLimits = {}) =>
  new Recorder(
    {
      clock,
      log: { warn: (fields) => void warnings.push(fields) },
      expires: (key) => key.startsWith("/registry/events/"),
    },
    limits,
  );
const user = (name: string): UserInfo => ({ name, groups: [], extra: {} });
const pod = "/registry/pods/default/web";

/** A Pod made by a person at 100, told to the scheduler at 102, bound at 105. */
function story(recorder: Recorder, options: { seenRevision: string }) {
  const request = (requestId: string, name: string, verb: string, startedMs: number, seenRevision: string) =>
    recorder.requestFinished({
      requestId,
      user: user(name),
      verb,
      path: "/x",
      userAgent: `${name}-agent`,
      seenRevision,
      code: 201,
      startedMs,
      endedMs: startedMs + 2,
    });
  const transaction = (requestId: string, revision: bigint, operation: "create" | "update", sentMs: number) =>
    recorder.transaction({ requestId, storageKey: pod, revision, operation, sentMs, answeredMs: sentMs + 1 });
  recorder.watchOpened({
    watcherId: 1,
    requestId: "w",
    user: user("scheduler"),
    userAgent: "s",
    path: "/api/v1/pods",
    atMs: 50,
  });
  transaction("r1", 10n, "create", 100.5);
  request("r1", "admin", "create", 100, "");
  recorder.watchDelivered({ watcherId: 1, revisions: [10n], atMs: 102 });
  transaction("r2", 12n, "update", 105.5);
  request("r2", "scheduler", "create", 105, options.seenRevision);
}

const trace = (recorder: Recorder) =>
  buildTrace(recorder, { chain: [pod], about: () => false, wallMs: () => Date.UTC(2026, 0, 1) });

test.each([
  ["by the revision its sender said it had seen", "10"],
  ["by who had been told what", ""],
  ["although the sender had seen newer revisions of other objects", "11"],
])("a step's cause is found %s", (_name, seenRevision) => {
  const recorder = recorderWith();
  story(recorder, { seenRevision });
  const steps = trace(recorder)?.steps;
  expect(steps?.map(({ revision, cause }) => ({ revision, cause }))).toEqual([
    { revision: "10", cause: undefined },
    { revision: "12", cause: "10" },
  ]);
  expect(steps?.[0]?.told).toEqual([{ user: "scheduler", userAgent: "s", atMs: 2 }]);
  expect(steps?.[1]?.request).toMatchObject({ user: "scheduler", startMs: 5, endMs: 7 });
});

test("a sender who had seen only older revisions was not caused by a newer one", () => {
  const recorder = recorderWith();
  story(recorder, { seenRevision: "9" });
  expect(trace(recorder)?.steps[1]?.cause).toBeUndefined();
});

test("memory is bounded: the oldest goes first", () => {
  const recorder = recorderWith({ transactions: 2, requests: 1, watchers: 1, deliveriesPerWatcher: 1 });
  story(recorder, { seenRevision: "" });
  recorder.transaction({
    requestId: "r3",
    storageKey: pod,
    revision: 13n,
    operation: "update",
    sentMs: 110,
    answeredMs: 111,
  });
  recorder.watchDelivered({ watcherId: 1, revisions: [12n, 13n], atMs: 112 });
  expect(trace(recorder)?.steps.map((step) => step.revision)).toEqual(["12", "13"]);
  expect(recorder.request("r1")).toBeUndefined();
  expect(recorder.told(12n)).toEqual([]);
  expect(recorder.told(13n)).toHaveLength(1);
});

test("nothing known is said to be nothing", () => {
  expect(trace(recorderWith())).toBeUndefined();
});

test("Events are caused by what they tell of, not by one another", () => {
  const recorder = recorderWith();
  story(recorder, { seenRevision: "10" });
  for (const [revision, startedMs] of [
    [13n, 110],
    [14n, 115],
  ] as const) {
    const requestId = `e${revision}`;
    const storageKey = `/registry/events/default/web.${revision}`;
    recorder.transaction({
      requestId,
      storageKey,
      revision,
      operation: "create",
      sentMs: startedMs,
      answeredMs: startedMs + 1,
    });
    const sender = { user: user("scheduler"), userAgent: "s", seenRevision: "" };
    recorder.requestFinished({
      requestId,
      ...sender,
      verb: "create",
      path: "/events",
      code: 201,
      startedMs,
      endedMs: startedMs + 2,
    });
  }
  const about = (key: string) => key.startsWith("/registry/events/default/web.");
  const steps = buildTrace(recorder, { chain: [pod], about, wallMs: () => 0 })?.steps;
  expect(steps?.map(({ revision, cause }) => [revision, cause])).toEqual([
    ["10", undefined],
    ["12", "10"],
    ["13", "12"],
    ["14", "12"],
  ]);
});

test("a change that no gateway's transaction made is in the trace, and its watcher acts because of it", () => {
  const recorder = recorderWith();
  story(recorder, { seenRevision: "11" });
  recorder.watchDelivered({ watcherId: 1, revisions: [11n], atMs: 104 });
  recorder.event({ storageKey: pod, revision: 11n, type: "MODIFIED", atMs: 103, foreign: true });
  recorder.event({ storageKey: pod, revision: 12n, type: "MODIFIED", atMs: 106, foreign: false });
  expect(trace(recorder)?.steps.map(({ revision, foreign, cause }) => ({ revision, foreign, cause }))).toEqual([
    { revision: "10", foreign: undefined, cause: undefined },
    { revision: "11", foreign: true, cause: undefined },
    { revision: "12", foreign: undefined, cause: "11" },
  ]);
});

test("foreign writes are told once a minute; the end of a lease is none", async () => {
  warnings.length = 0;
  const recorder = recorderWith();
  const see = (storageKey: string, type: "MODIFIED" | "DELETED", revision: bigint) =>
    recorder.event({ storageKey, revision, type, atMs: 0, foreign: true });
  see("/registry/events/default/e", "DELETED", 1n);
  for (let revision = 2n; revision < 10n; revision++) see(pod, "MODIFIED", revision);
  expect(warnings).toEqual([{ key: pod, revision: "2", change: "MODIFIED", writes: 1 }]);
  await clock.advance(60_000);
  see("/registry/events/default/e", "MODIFIED", 10n);
  expect(warnings[1]).toEqual({ key: "/registry/events/default/e", revision: "10", change: "MODIFIED", writes: 8 });
  expect(recorder.foreignRevisions).toBe(10);
});

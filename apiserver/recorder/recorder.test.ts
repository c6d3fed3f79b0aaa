import { expect, test } from "vitest";
import type { UserInfo } from "../http/request-context.ts";
import { Recorder } from "./recorder.ts";
import { buildTrace } from "./trace.ts";

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
  const recorder = new Recorder();
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
  const recorder = new Recorder();
  story(recorder, { seenRevision: "9" });
  expect(trace(recorder)?.steps[1]?.cause).toBeUndefined();
});

test("memory is bounded: the oldest goes first", () => {
  const recorder = new Recorder({ transactions: 2, requests: 1, watchers: 1, deliveriesPerWatcher: 1 });
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
  expect(trace(new Recorder())).toBeUndefined();
});

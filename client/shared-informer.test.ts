import { describe, expect, test } from "vitest";
import { configMaps } from "../api/core/v1/config-map.ts";
import type { ConfigMap } from "../api/generated/types.ts";
import type { ApiList } from "../api/meta.ts";
import { expired, failure, StatusError } from "../api/status.ts";
import { silentLogger } from "../component-base/logger.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import { ConnectionError } from "./connection-error.ts";
import type { ListCallOptions, RestClient, WatchCallOptions, WatchStreamEvent } from "./rest-client.ts";
import { createInformer } from "./shared-informer.ts";

type Event = WatchStreamEvent<ConfigMap>;

/** A server whose answers are written down beforehand: each watch yields its events, then waits, ends or throws. */
interface Watch {
  readonly events: readonly Event[];
  readonly ends?: "never" | "cleanly" | Error;
}

const item = (name: string, revision: number, uid = `${name}-uid`): ConfigMap => ({
  metadata: { name, namespace: "default", uid, resourceVersion: String(revision), managedFields: [] },
});
const change = (type: Event["type"], object: ConfigMap): Event => ({ type, object });
const bookmark = (revision: number, end = false): Event =>
  change("BOOKMARK", {
    kind: "ConfigMap",
    metadata: {
      resourceVersion: String(revision),
      ...(end && { annotations: { "k8s.io/initial-events-end": "true" } }),
    },
  });

function setUp(script: { watches: readonly Watch[]; lists?: readonly (ApiList<ConfigMap> | Error)[] }) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const watchCalls: WatchCallOptions[] = [];
  const listCalls: ListCallOptions[] = [];
  const client = {
    async list(_kind: unknown, options: ListCallOptions) {
      const answer = script.lists?.[listCalls.length];
      listCalls.push(options);
      if (answer === undefined) throw new Error("no list expected");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async *watch(_kind: unknown, options: WatchCallOptions) {
      const watch = script.watches[watchCalls.length];
      watchCalls.push(options);
      yield* watch?.events ?? [];
      if (watch?.ends instanceof Error) throw watch.ends;
      if (watch?.ends !== "cleanly") {
        await new Promise((_resolve, reject) => options.signal.addEventListener("abort", reject));
      }
    },
  } as unknown as RestClient;
  const informer = createInformer<ConfigMap>(
    { kind: configMaps, indexers: { uid: (object) => [object.metadata?.uid ?? ""] } },
    { client, clock, log: silentLogger, random: () => 0 },
  );
  const seen: string[] = [];
  const name = (object: ConfigMap) => `${object.metadata?.name}@${object.metadata?.resourceVersion}`;
  informer.addHandler({
    onAdd: (object, { isInInitialList }) => seen.push(`add ${name(object)}${isInInitialList ? " first" : ""}`),
    onUpdate: (old, object) => seen.push(`update ${name(old)} ${name(object)}`),
    onDelete: (object) => seen.push(`delete ${name(object)}`),
  });
  const run = informer.run({ signal: stop.signal });
  return { clock, stop, run, informer, seen, watchCalls, listCalls };
}

const initial: readonly Event[] = [change("ADDED", item("b", 7)), change("ADDED", item("a", 5)), bookmark(9, true)];

describe("informer over a streaming list", () => {
  test("is synced at the marked bookmark and not before, at the bookmark's revision", async () => {
    const early = setUp({ watches: [{ events: initial.slice(0, 2) }] });
    await early.clock.advance(0);
    expect([early.informer.hasSynced, early.informer.list().length, early.seen]).toEqual([false, 0, []]);

    const { clock, informer, seen, watchCalls } = setUp({ watches: [{ events: initial }] });
    await clock.advance(0);
    expect(seen).toEqual(["add b@7 first", "add a@5 first"]);
    expect([informer.hasSynced, informer.lastSeenRevision]).toEqual([true, "9"]);
    expect(watchCalls[0]).toMatchObject({ sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" });
    expect(watchCalls[0]).toMatchObject({ allowWatchBookmarks: true, timeoutSeconds: 300 });
    expect(watchCalls[0]?.resourceVersion).toBeUndefined();
  });

  test("changes reach store, indexes and handlers; managedFields do not", async () => {
    const live = [change("MODIFIED", item("a", 10)), change("DELETED", item("b", 11)), bookmark(15)];
    const { clock, informer, seen } = setUp({ watches: [{ events: [...initial, ...live] }] });
    await clock.advance(0);
    expect(seen.slice(2)).toEqual(["update a@5 a@10", "delete b@11"]);
    expect(informer.byIndex("uid", "a-uid").map((object) => object.metadata?.resourceVersion)).toEqual(["10"]);
    expect(informer.byIndex("uid", "b-uid")).toEqual([]);
    expect(informer.list("default")).toEqual([
      { metadata: { name: "a", namespace: "default", uid: "a-uid", resourceVersion: "10" } },
    ]);
    expect(informer.lastSeenRevision).toBe("15");
  });

  test("a watch that ends is resumed from the last revision, without a list", async () => {
    const { clock, seen, watchCalls } = setUp({
      watches: [{ events: [...initial, bookmark(20)], ends: "cleanly" }, { events: [change("ADDED", item("c", 21))] }],
    });
    await clock.advance(0);
    expect(watchCalls[1]?.resourceVersion).toBe("20");
    expect(watchCalls[1]?.sendInitialEvents).toBeUndefined();
    expect(seen.at(-1)).toBe("add c@21");
  });

  test("while nobody listens it keeps its state and its revision, waiting longer each time", async () => {
    const refused = new ConnectionError("refused", "nobody listens");
    const { clock, informer, watchCalls } = setUp({
      watches: [
        { events: initial, ends: "cleanly" },
        { events: [], ends: refused },
        { events: [], ends: refused },
        { events: [] },
      ],
    });
    await clock.advance(0);
    expect(watchCalls.length).toBe(2);
    await clock.advance(799);
    expect(watchCalls.length).toBe(2);
    await clock.advance(1);
    expect(watchCalls.length).toBe(3);
    await clock.advance(1599);
    expect(watchCalls.length).toBe(3);
    await clock.advance(1);
    expect(watchCalls[3]?.resourceVersion).toBe("9");
    expect(informer.list().length).toBe(2);
  });

  test("after 410 it reads the state anew, at the most recent revision, and reports what happened meanwhile", async () => {
    const again = [change("ADDED", item("a", 30, "another-uid")), change("ADDED", item("c", 31)), bookmark(40, true)];
    const { clock, seen, watchCalls } = setUp({
      watches: [{ events: initial, ends: expired("too old resource version: 9 (40)") }, { events: again }],
    });
    await clock.advance(0);
    expect(watchCalls[1]?.resourceVersion).toBeUndefined();
    expect(seen.slice(2)).toEqual(["update a@5 a@30", "add c@31", "delete b@7"]);
  });

  test("a server that hangs up at once is asked again only after a pause", async () => {
    const { clock, watchCalls } = setUp({
      watches: [
        { events: initial, ends: "cleanly" },
        { events: [], ends: "cleanly" },
        { events: [bookmark(50, true)] },
      ],
    });
    await clock.advance(799);
    expect(watchCalls.length).toBe(2);
    await clock.advance(1);
    expect(watchCalls[2]).toMatchObject({ sendInitialEvents: true, resourceVersion: "9" });
  });

  test("a handler that throws costs the others nothing", async () => {
    const { clock, informer, seen } = setUp({ watches: [{ events: initial }] });
    informer.addHandler({
      onAdd: () => {
        throw new Error("a mistake");
      },
    });
    const late: string[] = [];
    informer.addHandler({ onAdd: (object) => late.push(object.metadata?.name ?? "") });
    await clock.advance(0);
    expect([seen.length, late]).toEqual([2, ["b", "a"]]);
  });

  test("aborting ends the run", async () => {
    const { clock, stop, run, informer } = setUp({ watches: [{ events: [] }] });
    const synced = informer.whenSynced({ signal: stop.signal });
    await clock.advance(0);
    stop.abort(new Error("enough"));
    await run;
    await expect(synced).rejects.toThrow("enough");
  });
});

describe("informer where streaming lists are refused", () => {
  const invalid = failure({ code: 422, reason: "Invalid", message: "sendInitialEvents is forbidden" });

  test("it lists page by page, then watches", async () => {
    const { clock, informer, listCalls, watchCalls } = setUp({
      watches: [{ events: [], ends: invalid }, { events: [] }],
      lists: [
        { metadata: { resourceVersion: "9", continue: "next" }, items: [item("a", 5)] },
        { metadata: { resourceVersion: "9" }, items: [item("b", 7)] },
      ],
    });
    await clock.advance(0);
    expect(listCalls.map(({ limit, continue: token }) => [limit, token])).toEqual([
      [500, undefined],
      [500, "next"],
    ]);
    expect(watchCalls[1]?.resourceVersion).toBe("9");
    expect(informer.list().length).toBe(2);
  });

  test("a revision that the server has not reached is forgotten", async () => {
    const tooLarge = new StatusError({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      reason: "Timeout",
      code: 504,
      details: { causes: [{ reason: "ResourceVersionTooLarge" }] },
    });
    const { clock, listCalls } = setUp({
      watches: [
        { events: [], ends: invalid },
        { events: [], ends: new Error("broken") },
        { events: [], ends: invalid },
        { events: [], ends: invalid },
        { events: [] },
      ],
      lists: [
        { metadata: { resourceVersion: "9" }, items: [] },
        tooLarge,
        { metadata: { resourceVersion: "4" }, items: [] },
      ],
    });
    await clock.advance(800);
    expect(listCalls.map(({ resourceVersion, limit }) => [resourceVersion, limit])).toEqual([
      [undefined, 500],
      ["9", undefined],
      [undefined, 500],
    ]);
  });
});

import { setMaxListeners } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ApiObject } from "../../api/meta.ts";
import { runCompactor } from "../../apiserver/storage/etcd3/compactor.ts";
import { prefixEnd } from "../../apiserver/storage/etcd3/kv-messages.ts";
import type { OpenStorage, StorageConfig, StorageDeps } from "../../apiserver/storage/open.ts";
import type { ListOptions, ReadVersion, WatchOptions } from "../../apiserver/storage/storage.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { eventually } from "../harness/eventually.ts";
import { brief, type Collected, collect, openTestStorage, rawEtcd } from "../harness/storage.ts";

let etcd: TestEtcd;
let raw: ReturnType<typeof rawEtcd>;
let opened: OpenStorage[] = [];
let nextPrefix = 0;
let root = "";
let pods = "";
const signal = new AbortController().signal;
setMaxListeners(0, signal);

beforeAll(async () => {
  etcd = await startTestEtcd();
  raw = rawEtcd(etcd);
});
afterEach(async () => {
  await Promise.all(opened.map((storage) => storage.stop()));
  opened = [];
});
afterAll(async () => {
  raw.close();
  await etcd.stop();
});

/** Storage on a prefix that no other test uses. */
async function openFresh(config: Partial<StorageConfig> = {}, deps: Partial<StorageDeps> = {}): Promise<OpenStorage> {
  root = `/test${nextPrefix++}`;
  pods = `${root}/pods/`;
  return await openAgain(config, deps);
}

/** A second one beside it, or the same after a restart. */
async function openAgain(config: Partial<StorageConfig> = {}, deps: Partial<StorageDeps> = {}): Promise<OpenStorage> {
  const storage = await openTestStorage(etcd, { prefix: root, ...config }, deps);
  opened.push(storage);
  return storage;
}

function pod(name: string, labels?: Record<string, string>): ApiObject {
  const metadata = labels === undefined ? { name, namespace: "a" } : { name, namespace: "a", labels };
  return { kind: "Pod", apiVersion: "v1", metadata };
}

const consistent: ReadVersion = { kind: "consistent" };

function listAll(storage: OpenStorage, options: Partial<ListOptions> = {}) {
  return storage.list(pods, { version: consistent, limit: 0, after: "", signal, ...options });
}

function names(items: readonly { storageKey: string }[]): string[] {
  return items.map(({ storageKey }) => storageKey.slice(pods.length));
}

async function watchFrom(storage: OpenStorage, from: WatchOptions["from"], more: Partial<WatchOptions> = {}) {
  return collect(await storage.watch(pods, { from, bookmarks: false, signal, ...more }));
}

function seen(watch: Collected, ...wanted: string[]): Promise<true> {
  return eventually(`events ${wanted.join(", ")}`, () => {
    if (watch.events.length < wanted.length) return false;
    expect(watch.events.map(brief)).toEqual(wanted);
    return true;
  });
}

describe("objects", () => {
  test("what is created is stored as plain JSON without a resourceVersion, and read with one", async () => {
    const storage = await openFresh();
    const created = await storage.create(
      `${pods}a/web`,
      { metadata: { name: "web" }, kind: "Pod", apiVersion: "v1" },
      { signal },
    );
    const { kvs } = await raw.kv.range({ key: `${pods}a/web` }, { timeoutMs: 5_000, signal });
    expect(kvs[0]?.value.toString()).toBe('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"}}');
    expect(kvs[0]?.modRevision).toBe(created.revision);
    const version = `"resourceVersion":"${created.revision}"`;
    expect(created.bytes().toString()).toBe(`{"kind":"Pod","apiVersion":"v1","metadata":{${version},"name":"web"}}`);
    expect(created.itemBytes().toString()).toBe(`{"metadata":{${version},"name":"web"}}`);
    const read = await storage.get(`${pods}a/web`, { version: consistent, signal });
    expect(read.object).toEqual(JSON.parse(read.bytes().toString()));
    expect(read).toBe(created);
  });

  test.each([
    { name: "another key order", value: '{"metadata":{"name":"x"},"kind":"Pod","apiVersion":"v1"}' },
    { name: "white space", value: '{ "kind": "Pod", "apiVersion": "v1",\n "metadata": { "name": "x" } }\n' },
    {
      name: "a stale resourceVersion",
      value: '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","resourceVersion":"1"}}',
    },
    {
      name: "a resourceVersion deeper inside",
      value: '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"},"o":{"resourceVersion":"7"}}',
    },
    { name: "empty metadata", value: '{"kind":"Pod","apiVersion":"v1","metadata":{}}' },
    { name: "no metadata", value: '{"kind":"Pod","apiVersion":"v1"}' },
  ])("a value written by others is served right: $name", async ({ value }) => {
    const storage = await openFresh();
    const key = `${pods}a/x`;
    await raw.kv.txn(
      {
        key,
        compare: { target: "mod", equals: 0n },
        success: { put: { key, value: Buffer.from(value) } },
        elseGet: false,
      },
      { timeoutMs: 5_000, signal },
    );
    const live = await storage.get(key, { version: consistent, signal });
    const loaded = await (await openAgain()).get(key, { version: consistent, signal });
    const given: ApiObject = JSON.parse(value);
    const expected = { ...given, metadata: { ...given.metadata, resourceVersion: live.revision.toString() } };
    for (const stored of [live, loaded]) {
      expect(JSON.parse(stored.bytes().toString())).toEqual(expected);
      expect(stored.object).toEqual(expected);
      const { kind: _kind, apiVersion: _apiVersion, ...item } = expected;
      expect(JSON.parse(stored.itemBytes().toString())).toEqual(item);
    }
  });

  test("create refuses an existing key, get a missing one", async () => {
    const storage = await openFresh();
    await storage.create(`${pods}a/web`, pod("web"), { signal });
    await expect(storage.create(`${pods}a/web`, pod("web"), { signal })).rejects.toMatchObject({ code: "Exists" });
    await expect(storage.get(`${pods}a/no`, { version: consistent, signal })).rejects.toMatchObject({
      code: "NotFound",
    });
  });

  test("a value etcd will not take is TooLarge", async () => {
    const storage = await openFresh();
    const big = pod("big", { filler: "x".repeat(2 << 20) });
    await expect(storage.create(`${pods}a/big`, big, { signal })).rejects.toMatchObject({ code: "TooLarge" });
  });

  test("a lease ends an object as DELETED, and is shared by objects of the same time to live", async () => {
    const storage = await openFresh();
    const watch = await watchFrom(storage, { kind: "now", read: consistent });
    const [first] = await Promise.all(
      ["x", "y"].map((name) => storage.create(`${pods}a/${name}`, pod(name), { signal, ttlSeconds: 1 })),
    );
    const { kvs } = await raw.kv.range({ key: pods, rangeEnd: prefixEnd(pods) }, { timeoutMs: 5_000, signal });
    expect(kvs.every(({ lease }) => lease !== 0n)).toBe(true);
    await eventually("both DELETED", () => watch.events.filter(({ type }) => type === "DELETED").length === 2);
    const last = watch.events.at(-1)!;
    expect(last.revision).toBeGreaterThan(first!.revision);
    expect(last.object?.object.metadata?.resourceVersion).toBe(last.revision.toString());
  });
});

describe("on a clock of its own", () => {
  test("leases end and bookmarks come when that clock says so", async () => {
    const clock = new VirtualClock();
    const storage = await openFresh({}, { clock });
    const watch = await watchFrom(storage, { kind: "now", read: { kind: "any" } }, { bookmarks: true });
    const { revision } = await storage.create(`${pods}a/x`, pod("x"), { signal, ttlSeconds: 3_600 });
    await eventually("ADDED", () => watch.events.length === 1);
    await clock.advance(66_000);
    expect(watch.events.map(brief)).toEqual([`ADDED x@${revision}`, `BOOKMARK @${revision}`]);
    // Just past the end of the lease, which lives a minute longer: the call that ends it keeps its time.
    await clock.advance(3_595_000);
    await eventually("DELETED", () => watch.events.some(({ type }) => type === "DELETED"));
  });

  test("a lease that etcd has ended while that clock stood still is not used again", async () => {
    const storage = await openFresh({}, { clock: new VirtualClock() });
    const watch = await watchFrom(storage, { kind: "now", read: consistent });
    await storage.create(`${pods}a/x`, pod("x"), { signal, ttlSeconds: 1 });
    await eventually("DELETED", () => watch.events.some(({ type }) => type === "DELETED"));
    const names = ["y", "z"];
    await Promise.all(names.map((name) => storage.create(`${pods}a/${name}`, pod(name), { signal, ttlSeconds: 1 })));
    const { kvs } = await raw.kv.range({ key: pods, rangeEnd: prefixEnd(pods) }, { timeoutMs: 5_000, signal });
    expect(new Set(kvs.map(({ lease }) => lease)).size).toBe(1);
    expect(kvs).toHaveLength(2);
  });

  test("a watch that is to end gets a bookmark shortly before", async () => {
    const clock = new VirtualClock();
    const storage = await openFresh({}, { clock });
    const last = { bookmarks: true, endsInMs: 9_000 };
    const watch = await watchFrom(storage, { kind: "now", read: { kind: "any" } }, last);
    const { revision } = await storage.create(`${pods}a/x`, pod("x"), { signal });
    await eventually("ADDED", () => watch.events.length === 1);
    await clock.advance(6_900);
    expect(watch.events.length).toBe(1);
    await clock.advance(200);
    expect(watch.events.map(brief)).toEqual([`ADDED x@${revision}`, `BOOKMARK @${revision}`]);
  });

  test("of two gateways one compacts, to where the store was an interval ago", async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const loops = [1, 2].map(() =>
      runCompactor({ kv: raw.kv, clock, log: silentLogger }, { intervalMs: 300_000, signal: stop.signal }),
    );
    const storage = await openFresh();
    const { revision: old } = await storage.create(`${pods}a/x`, pod("x"), { signal });
    const readable = (revision: bigint) =>
      raw.kv.range({ key: pods, revision, countOnly: true }, { timeoutMs: 5_000, signal }).then(
        () => true,
        () => false,
      );
    const round = async () => {
      await eventually("both loops to wait", () => clock.pendingTimers === 2);
      await clock.advance(300_000);
    };
    await round();
    await eventually("both loops to wait", () => clock.pendingTimers === 2);
    const { revision: recent } = await storage.create(`${pods}a/y`, pod("y"), { signal });
    expect(await readable(old)).toBe(true);
    await round();
    await eventually("the old revision to go", async () => !(await readable(old)));
    expect(await readable(recent)).toBe(true);
    stop.abort();
    await Promise.all(loops);
  });
});

describe("update", () => {
  test("many writers of one counter lose no increment", async () => {
    const one = await openFresh();
    const two = await openAgain();
    await one.create(`${pods}a/n`, pod("n", { n: "0" }), { signal });
    const increment = (storage: OpenStorage) =>
      storage.update(
        `${pods}a/n`,
        (current) => ({
          kind: "put",
          object: pod("n", { n: String(Number(current?.object.metadata?.labels?.["n"]) + 1) }),
        }),
        { signal },
      );
    await Promise.all(Array.from({ length: 20 }, (_, i) => increment(i % 2 === 0 ? one : two)));
    const { object } = await two.get(`${pods}a/n`, { version: consistent, signal });
    expect(object.metadata?.labels).toEqual({ n: "20" });
  });

  test("what decide throws about a stale object is forgotten when the newest one is fine", async () => {
    const one = await openFresh();
    const two = await openAgain();
    await one.create(`${pods}a/web`, pod("web", { state: "old" }), { signal });
    await two.get(`${pods}a/web`, { version: consistent, signal });
    const fresh = one.update(`${pods}a/web`, () => ({ kind: "put", object: pod("web", { state: "new" }) }), { signal });
    await fresh;
    const shown: unknown[] = [];
    const result = await two.update(
      `${pods}a/web`,
      (current) => {
        shown.push(current?.object.metadata?.labels?.["state"]);
        if (shown.at(-1) === "old") throw new Error("not yet");
        return { kind: "keep" };
      },
      { signal },
    );
    expect(result.kind).toBe("kept");
    expect(shown.at(-1)).toBe("new");
    await expect(
      two.update(
        `${pods}a/web`,
        () => {
          throw new Error("never");
        },
        { signal },
      ),
    ).rejects.toThrow("never");
  });

  test("keep makes no revision; delete answers with the last state at the revision of the delete", async () => {
    const storage = await openFresh();
    const key = `${pods}a/web`;
    const created = await storage.create(key, pod("web"), { signal });
    const kept = await storage.update(key, () => ({ kind: "keep" }), { signal });
    expect(kept.stored.revision).toBe(created.revision);
    const deleted = await storage.update(key, () => ({ kind: "delete" }), { signal });
    expect(deleted.stored.revision).toBeGreaterThan(created.revision);
    expect(deleted.stored.object.metadata?.resourceVersion).toBe(deleted.stored.revision.toString());
    expect(created.object.metadata?.resourceVersion).toBe(created.revision.toString());
    await expect(storage.update(key, () => ({ kind: "delete" }), { signal })).rejects.toMatchObject({
      code: "NotFound",
    });
    const again = await storage.update(key, () => ({ kind: "put", object: pod("web") }), { signal });
    expect(again.kind).toBe("created");
  });
});

describe("list", () => {
  test("is in key order, and prefixes end at a slash", async () => {
    const storage = await openFresh();
    const keys = ["a/b", "a-b/a", "a/a", "ab/x", "a.b/c", "a/b-c", "a/b.c"];
    for (const key of keys) await storage.create(`${pods}${key}`, pod(key), { signal });
    const { kvs } = await raw.kv.range({ key: pods, rangeEnd: prefixEnd(pods) }, { timeoutMs: 5_000, signal });
    expect(names((await listAll(storage)).items)).toEqual(kvs.map(({ key }) => key.slice(pods.length)));
    const inA = await storage.list(`${pods}a/`, { version: consistent, limit: 0, after: "", signal });
    expect(names(inA.items)).toEqual(["a/a", "a/b", "a/b-c", "a/b.c"]);
    await storage.update(`${pods}a/b`, () => ({ kind: "delete" }), { signal });
    await storage.create(`${pods}a/aa`, pod("aa"), { signal });
    const later = await storage.list(`${pods}a/`, { version: consistent, limit: 0, after: "", signal });
    expect(names(later.items)).toEqual(["a/a", "a/aa", "a/b-c", "a/b.c"]);
  });

  test.each([
    { name: "from memory", history: undefined },
    { name: "from etcd", history: { maxChanges: 1, maxBytes: 1, maxAgeMs: 0 } },
    { name: "by a process that started since", history: undefined, restarted: true },
  ])("pages stay at the first page's revision while others write: $name", async ({ history, restarted }) => {
    const storage = await openFresh(history === undefined ? {} : { history });
    for (let i = 0; i < 7; i++) await storage.create(`${pods}a/p${i}`, pod(`p${i}`, { n: "old" }), { signal });
    const first = await listAll(storage, { limit: 3 });
    expect([names(first.items), first.more, first.remaining]).toEqual([["a/p0", "a/p1", "a/p2"], true, 4]);
    await storage.update(`${pods}a/p4`, () => ({ kind: "put", object: pod("p4", { n: "new" }) }), { signal });
    await storage.update(`${pods}a/p5`, () => ({ kind: "delete" }), { signal });
    await storage.create(`${pods}a/p55`, pod("p55"), { signal });
    await storage.get(`${pods}a/p55`, { version: consistent, signal });
    const exact = { kind: "exact" as const, revision: first.revision };
    const reader = restarted === true ? await openAgain() : storage;
    const second = await listAll(reader, { limit: 3, after: `${pods}a/p2`, version: exact });
    expect([names(second.items), second.more, second.remaining]).toEqual([["a/p3", "a/p4", "a/p5"], true, 1]);
    expect(second.items[1]?.object.metadata?.labels).toEqual({ n: "old" });
    const third = await listAll(reader, { limit: 3, after: `${pods}a/p5`, version: exact });
    expect([names(third.items), third.more, third.revision]).toEqual([["a/p6"], false, first.revision]);
  });

  test("limit counts what the predicate lets through; remaining does not ask it", async () => {
    const storage = await openFresh();
    for (let i = 0; i < 6; i++)
      await storage.create(`${pods}a/p${i}`, pod(`p${i}`, { odd: String(i % 2) }), { signal });
    const predicate = (object: ApiObject) => object.metadata?.labels?.["odd"] === "1";
    const page = await listAll(storage, { limit: 2, predicate });
    expect([names(page.items), page.more, page.remaining]).toEqual([["a/p1", "a/p3"], true, 2]);
  });

  test("a compacted revision is Expired, one still to come FutureRevision", async () => {
    const storage = await openFresh({ history: { maxChanges: 1, maxBytes: 1, maxAgeMs: 0 } });
    const { revision } = await storage.create(`${pods}a/x`, pod("x"), { signal });
    const newest = await storage.update(`${pods}a/x`, () => ({ kind: "put", object: pod("x", { a: "b" }) }), {
      signal,
    });
    await storage.get(`${pods}a/x`, { version: consistent, signal });
    await raw.kv.compact(newest.stored.revision, { timeoutMs: 5_000, signal });
    const old = listAll(storage, { version: { kind: "exact", revision } });
    await expect(old).rejects.toMatchObject({ code: "Expired" });
    const future = { kind: "notOlderThan" as const, revision: newest.stored.revision + 1_000n };
    await expect(listAll(storage, { version: future })).rejects.toMatchObject({ code: "FutureRevision" });
  });
});

describe("consistent reads from memory", () => {
  test("one gateway sees at once what another has written", async () => {
    const writer = await openFresh();
    const reader = await openAgain();
    for (let i = 0; i < 50; i++) {
      const { revision } = await writer.create(`${pods}a/p${i}`, pod(`p${i}`), { signal });
      const [got, listed] = await Promise.all([
        reader.get(`${pods}a/p${i}`, { version: consistent, signal }),
        listAll(reader),
      ]);
      expect(got.revision).toBe(revision);
      expect(listed.items).toHaveLength(i + 1);
    }
  });

  test("revisions made outside the prefix do not hold them up", async () => {
    const storage = await openFresh();
    await storage.create(`${pods}a/x`, pod("x"), { signal });
    const outside = `/elsewhere${root}`;
    await raw.kv.txn(
      {
        key: outside,
        compare: { target: "mod", equals: 0n },
        success: { put: { key: outside, value: Buffer.from("1") } },
        elseGet: false,
      },
      { timeoutMs: 5_000, signal },
    );
    expect((await storage.get(`${pods}a/x`, { version: consistent, signal })).object.metadata?.name).toBe("x");
    const { revision } = await storage.create(`${pods}a/y`, pod("y"), { signal });
    expect((await listAll(storage)).revision).toBe(revision);
  });

  test("concurrent readers share one question to etcd", async () => {
    const storage = await openFresh();
    await storage.create(`${pods}a/x`, pod("x"), { signal });
    const before = storage.metrics().freshnessRounds;
    await Promise.all(Array.from({ length: 100 }, () => storage.get(`${pods}a/x`, { version: consistent, signal })));
    expect(storage.metrics().freshnessRounds - before).toBeLessThanOrEqual(2);
  });
});

describe("watch", () => {
  test("a snapshot, its end, and then every change in order", async () => {
    const storage = await openFresh();
    const { revision: r } = await storage.create(`${pods}a/x`, pod("x"), { signal });
    await storage.create(`${root}/nodes/n`, pod("n"), { signal });
    const watch = await watchFrom(storage, { kind: "snapshot", read: consistent });
    const y = await storage.create(`${pods}a/y`, pod("y"), { signal });
    await storage.update(`${pods}a/x`, () => ({ kind: "put", object: pod("x", { a: "b" }) }), { signal });
    await storage.update(`${pods}a/x`, () => ({ kind: "delete" }), { signal });
    const at = y.revision;
    await seen(
      watch,
      `ADDED x@${r}`,
      `BOOKMARK end@${r + 1n}`,
      `ADDED y@${at}`,
      `MODIFIED x@${at + 1n}`,
      `DELETED x@${at + 2n}`,
    );
    const gone = watch.events.at(-1)!;
    const line = JSON.parse(gone.line().toString());
    expect(line).toEqual({ type: "DELETED", object: gone.object?.object });
    expect(line.object.metadata).toEqual({ ...pod("x", { a: "b" }).metadata, resourceVersion: `${at + 2n}` });
    expect(watch.events.map((event) => event.line().toString().at(-1) ?? "")).toEqual(["\n", "", "\n", "\n", "\n"]);
  });

  test("objects entering and leaving the predicate are ADDED and DELETED", async () => {
    const storage = await openFresh();
    const key = `${pods}a/x`;
    const put = (color: string) =>
      storage.update(key, () => ({ kind: "put", object: pod("x", { color }) }), { signal });
    const { stored } = await put("blue");
    const r = stored.revision;
    const predicate = (object: ApiObject) => object.metadata?.labels?.["color"] === "red";
    const watch = await watchFrom(storage, { kind: "after", revision: r - 1n }, { predicate });
    await put("red");
    await put("red");
    await put("blue");
    await put("blue");
    await put("red");
    await storage.update(key, () => ({ kind: "delete" }), { signal });
    await seen(
      watch,
      `ADDED x@${r + 1n}`,
      `MODIFIED x@${r + 2n}`,
      `DELETED x@${r + 3n}`,
      `ADDED x@${r + 5n}`,
      `DELETED x@${r + 6n}`,
    );
    const left = watch.events[2]?.object?.object.metadata;
    expect(left).toMatchObject({ labels: { color: "red" }, resourceVersion: `${r + 3n}` });
  });

  test("watching one key does not show its neighbours", async () => {
    const storage = await openFresh();
    const watcher = await storage.watch(`${pods}a/x`, {
      from: { kind: "now", read: consistent },
      bookmarks: false,
      signal,
    });
    const watch = collect(watcher);
    await storage.create(`${pods}a/xy`, pod("xy"), { signal });
    const { revision } = await storage.create(`${pods}a/x`, pod("x"), { signal });
    await seen(watch, `ADDED x@${revision}`);
  });

  test.each([
    { name: "from the window", restart: false },
    { name: "from etcd, after a restart of the gateway", restart: true },
  ])("resuming at any revision shows exactly what came after: $name", async ({ restart }) => {
    let storage = await openFresh();
    const all = await watchFrom(storage, { kind: "now", read: consistent });
    for (let i = 0; i < 12; i++) {
      const key = `${pods}a/p${i % 4}`;
      if (i % 4 === 3) await storage.update(`${pods}a/p0`, () => ({ kind: "delete" }), { signal });
      else await storage.update(key, () => ({ kind: "put", object: pod("p", { i: String(i) }) }), { signal });
    }
    await eventually("12 events", () => all.events.length === 12);
    if (restart) {
      await storage.stop();
      storage = await openAgain();
    }
    const resumed = await Promise.all(
      all.events.map((event) => watchFrom(storage, { kind: "after", revision: event.revision })),
    );
    const { revision } = await storage.create(`${pods}a/last`, pod("last"), { signal });
    const expected = [...all.events.map(brief), `ADDED last@${revision}`].slice(0, 13);
    for (const [i, watch] of resumed.entries()) await seen(watch, ...expected.slice(i + 1));
    const lines = all.events.map((event) => event.line().toString());
    expect(resumed[0]!.events.slice(0, 11).map((event) => event.line().toString())).toEqual(lines.slice(1, 12));
  });

  test("resuming from a compacted revision is Expired", async () => {
    const storage = await openFresh();
    const { revision } = await storage.create(`${pods}a/x`, pod("x"), { signal });
    const { stored } = await storage.update(`${pods}a/x`, () => ({ kind: "delete" }), { signal });
    await raw.kv.compact(stored.revision, { timeoutMs: 5_000, signal });
    const restarted = await openAgain();
    const old = restarted.watch(pods, { from: { kind: "after", revision: revision - 1n }, bookmarks: false, signal });
    await expect(old).rejects.toMatchObject({ code: "Expired" });
  });

  test.each([
    { name: "too many events", limits: { maxPendingEvents: 10 } },
    { name: "too many bytes", limits: { maxPendingBytes: 500 } },
  ])("a watcher that does not read is closed, and the others notice nothing: $name", async ({ limits }) => {
    const storage = await openFresh(limits);
    const slow = await storage.watch(pods, { from: { kind: "now", read: consistent }, bookmarks: false, signal });
    const quick = await watchFrom(storage, { kind: "now", read: consistent });
    for (let i = 0; i < 20; i++) await storage.create(`${pods}a/p${i}`, pod(`p${i}`), { signal });
    await eventually("20 events", () => quick.events.length === 20);
    const late = collect(slow);
    await late.done;
    expect(late.events.length).toBeLessThan(20);
    expect(late.events.map(brief)).toEqual(quick.events.slice(0, late.events.length).map(brief));
    expect(storage.metrics().watchers).toBe(1);
  });

  test("who resumes from far behind gets on by a buffer each time, and every revision is told whole", async () => {
    const clock = new VirtualClock();
    const storage = await openFresh({ maxPendingEvents: 3 }, { clock });
    const { revision: start } = await storage.create(`${pods}a/first`, pod("first"), { signal });
    const all = await watchFrom(storage, { kind: "after", revision: start });
    for (const name of ["x", "y"]) await storage.create(`${pods}a/${name}`, pod(name), { signal, ttlSeconds: 60 });
    await clock.advance(64_000);
    // Both in one revision, which does not fit into what is left of the buffer.
    await eventually("both DELETED", () => all.events.length === 4);
    await storage.create(`${pods}a/z`, pod("z"), { signal });
    await eventually("all events", () => all.events.length === 5);
    const [, , deleted, alsoDeleted] = all.events;
    expect(alsoDeleted?.revision).toBe(deleted?.revision);

    const resumed: string[][] = [];
    for (let after = start; resumed.flat().length < 5; ) {
      const watch = collect(
        await storage.watch(pods, { from: { kind: "after", revision: after }, bookmarks: false, signal }),
      );
      await Promise.race([
        watch.done,
        eventually("the last event", () => watch.events.at(-1)?.revision === all.events.at(-1)?.revision),
      ]);
      resumed.push(watch.events.map(brief));
      after = watch.events.at(-1)?.revision ?? after;
    }
    expect(resumed.flat()).toEqual(all.events.map(brief));
    expect(resumed.map((events) => events.length)).toEqual([2, 3]);
  });

  test("an aborted watch ends without an error and leaves nothing behind", async () => {
    const storage = await openFresh();
    const abort = new AbortController();
    const watch = await watchFrom(storage, { kind: "now", read: consistent }, { signal: abort.signal });
    abort.abort();
    await watch.done;
    expect(storage.metrics().watchers).toBe(0);
  });
});

import { setMaxListeners } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { ApiObject } from "../../api/meta.ts";
import type { OpenStorage, StorageConfig } from "../../apiserver/storage/open.ts";
import { StorageError } from "../../apiserver/storage/storage.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { eventually } from "../harness/eventually.ts";
import { brief, collect, openTestStorage, rawEtcd } from "../harness/storage.ts";
import { startTcpProxy, type TcpProxy } from "../harness/tcp-proxy.ts";

const pods = "/registry/pods/";
const signal = new AbortController().signal;
setMaxListeners(0, signal);
let cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
});

async function start(): Promise<TestEtcd> {
  const etcd = await startTestEtcd();
  cleanUps.push(() => etcd.stop());
  return etcd;
}

async function open(etcd: TestEtcd, config: Partial<StorageConfig> = {}): Promise<OpenStorage> {
  const storage = await openTestStorage(etcd, config);
  cleanUps.push(() => storage.stop());
  return storage;
}

async function openThroughProxy(etcd: TestEtcd): Promise<{ storage: OpenStorage; proxy: TcpProxy }> {
  const proxy = await startTcpProxy(Number(new URL(etcd.clientUrls[0]!).port));
  cleanUps.push(() => proxy.stop());
  return { proxy, storage: await open(etcd, { endpoints: [`https://127.0.0.1:${proxy.port}`] }) };
}

function pod(name: string, labels?: Record<string, string>): ApiObject {
  return { kind: "Pod", apiVersion: "v1", metadata: { name, ...(labels && { labels }) } };
}

async function kill({ etcd }: TestEtcd): Promise<void> {
  for (const { pid } of etcd.members) process.kill(pid, "SIGKILL");
  await etcd.done.catch(() => undefined);
}

describe("etcd is killed and started again", () => {
  test("in the middle of writes: nothing acknowledged is lost, and a watcher sees each change once", async () => {
    const etcd = await start();
    const storage = await open(etcd);
    const watch = collect(
      await storage.watch(pods, { from: { kind: "now", read: { kind: "any" } }, bookmarks: false, signal }),
    );
    const acknowledged = new Map<string, bigint>();
    const codes = new Set<string>();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 60; i++) {
        const key = `${pods}a/w${writer}-${i}`;
        try {
          acknowledged.set(key, (await storage.create(key, pod("p"), { signal })).revision);
        } catch (error) {
          codes.add(error instanceof StorageError ? error.code : String(error));
        }
      }
    });
    await eventually("some writes", () => acknowledged.size > 40, { everyMs: 1 });
    await kill(etcd);
    await etcd.restart();
    await Promise.all(writers);
    expect([...codes].filter((code) => code !== "Unknown" && code !== "Unavailable")).toEqual([]);

    const list = await eventually("a consistent list", () =>
      storage.list(pods, { version: { kind: "consistent" }, limit: 0, after: "", signal }),
    );
    const listed = new Map(list.items.map(({ storageKey, revision }) => [storageKey, revision]));
    for (const [key, revision] of acknowledged) expect(listed.get(key)).toBe(revision);
    await eventually("every event", () => watch.events.length >= listed.size);
    expect(watch.events.map(brief)).toEqual(
      [...listed]
        .sort(([, a], [, b]) => (a < b ? -1 : 1))
        .map(([key, revision]) => `ADDED ${key.split("/").at(-1)}@${revision}`),
    );
  });

  test("while it is down: a consistent read is Unavailable, any is served, and health says so", async () => {
    const etcd = await start();
    const storage = await open(etcd, { readTimeoutMs: 500, writeTimeoutMs: 1_000 });
    await storage.create(`${pods}a/x`, pod("x"), { signal });
    expect(await storage.healthy(signal)).toBe(true);
    await storage.get(`${pods}a/x`, { version: { kind: "consistent" }, signal });
    await kill(etcd);
    const consistent = storage.get(`${pods}a/x`, { version: { kind: "consistent" }, signal });
    await expect(consistent).rejects.toMatchObject({ code: "Unavailable" });
    const any = await storage.get(`${pods}a/x`, { version: { kind: "any" }, signal });
    expect(any.object.metadata?.name).toBe("x");
    await eventually("not healthy", async () => !(await storage.healthy(signal)));
    await expect(storage.create(`${pods}a/y`, pod("y"), { signal })).rejects.toMatchObject({ code: "Unavailable" });
    await etcd.restart();
    await eventually("healthy", () => storage.healthy(signal));
  });

  test("history compacted meanwhile: watches end rather than leave changes out", async () => {
    const etcd = await start();
    const { storage, proxy } = await openThroughProxy(etcd);
    const other = await open(etcd);
    for (const name of ["stays", "goes", "changes"]) await storage.create(`${pods}a/${name}`, pod(name), { signal });
    const watch = collect(
      await storage.watch(pods, { from: { kind: "now", read: { kind: "consistent" } }, bookmarks: false, signal }),
    );
    const callbacks: string[] = [];
    storage.cached.onChange(pods, (event) => callbacks.push(brief(event)));
    proxy.cut();
    await eventually("the watch to be lost", async () => {
      const read = storage.get(`${pods}a/stays`, { version: { kind: "consistent" }, signal });
      return read.then(
        () => false,
        () => true,
      );
    });
    await other.update(`${pods}a/goes`, () => ({ kind: "delete" }), { signal });
    const changed = await other.update(
      `${pods}a/changes`,
      () => ({ kind: "put", object: pod("changes", { a: "b" }) }),
      { signal },
    );
    const { revision } = await other.create(`${pods}a/new`, pod("new"), { signal });
    const raw = rawEtcd(etcd);
    await raw.kv.compact(revision, { timeoutMs: 5_000, signal });
    raw.close();
    proxy.restore();
    await watch.done;
    expect(watch.events).toEqual([]);
    expect(callbacks).toEqual([
      `MODIFIED changes@${changed.stored.revision}`,
      `ADDED new@${revision}`,
      `DELETED goes@${revision}`,
    ]);
    await expect(
      storage.watch(pods, {
        from: { kind: "after", revision: changed.stored.revision - 1n },
        bookmarks: false,
        signal,
      }),
    ).rejects.toMatchObject({ code: "Expired" });
    const list = await storage.list(pods, { version: { kind: "consistent" }, limit: 0, after: "", signal });
    expect(list.items.map(({ storageKey }) => storageKey.split("/").at(-1))).toEqual(["changes", "new", "stays"]);
  });
});

describe("the answer of a write is lost", () => {
  test.each([
    { name: "create", prepare: false },
    { name: "update", prepare: true },
  ])("$name is settled by reading back", async ({ name, prepare }) => {
    const etcd = await start();
    const { storage, proxy } = await openThroughProxy(etcd);
    const key = `${pods}a/x`;
    if (prepare) await storage.create(key, pod("x"), { signal });
    // Long enough for the request to be carried out on a busy machine.
    proxy.loseAnswers({ afterMs: 500 });
    let revision: bigint;
    if (name === "create") {
      revision = (await storage.create(key, pod("x"), { signal })).revision;
    } else {
      const result = await storage.update(key, () => ({ kind: "put", object: pod("x", { a: "b" }) }), { signal });
      expect(result.kind).toBe("updated");
      revision = result.stored.revision;
    }
    expect(storage.metrics().lostAnswers).toBe(1);
    const other = await open(etcd);
    const { items } = await other.list(pods, { version: { kind: "consistent" }, limit: 0, after: "", signal });
    expect(items.map((item) => item.revision)).toEqual([revision]);
    expect(other.currentRevision()).toBe(revision);
  });

  test("a delete is unknown even where the key has gone: another may have deleted it, and only one of the two did", async () => {
    const etcd = await start();
    const { storage, proxy } = await openThroughProxy(etcd);
    const other = await open(etcd);
    const key = `${pods}a/x`;
    await storage.create(key, pod("x"), { signal });
    await other.get(key, { version: { kind: "consistent" }, signal });
    // The request stays on its way: what the watch will show is the other one's.
    proxy.stall();
    const lost = storage.update(key, () => ({ kind: "delete" }), { signal });
    expect((await other.update(key, () => ({ kind: "delete" }), { signal })).kind).toBe("deleted");
    await expect(lost).rejects.toMatchObject({ code: "Unknown" });
  });

  test("a write that was overwritten before it could be read back still counts as done", async () => {
    const etcd = await start();
    const { storage, proxy } = await openThroughProxy(etcd);
    const other = await open(etcd);
    const key = `${pods}a/x`;
    await storage.create(key, pod("x"), { signal });
    proxy.loseAnswers({ afterMs: 200 });
    const lost = storage.update(key, () => ({ kind: "put", object: pod("x", { by: "one" }) }), { signal });
    await eventually("the first write", () => other.cached.get(key)?.object.metadata?.labels?.["by"] === "one", {
      everyMs: 5,
    });
    await other.update(key, () => ({ kind: "put", object: pod("x", { by: "two" }) }), { signal });
    const result = await lost;
    expect(result.stored.object.metadata?.labels).toEqual({ by: "one" });
    expect((await storage.get(key, { version: { kind: "consistent" }, signal })).revision).toBe(
      result.stored.revision + 1n,
    );
  });

  test("a create that finds the key made by another is unknown: the key may go before the request arrives", async () => {
    const etcd = await start();
    const proxy = await startTcpProxy(Number(new URL(etcd.clientUrls[0]!).port));
    cleanUps.push(() => proxy.stop());
    const storage = await open(etcd, { endpoints: [`https://127.0.0.1:${proxy.port}`], writeTimeoutMs: 1_500 });
    const other = await open(etcd);
    const key = `${pods}a/x`;
    proxy.stall();
    const lost = storage.create(key, pod("x", { by: "one" }), { signal });
    await other.create(key, pod("x", { by: "two" }), { signal });
    await expect(lost).rejects.toMatchObject({ code: "Unknown" });
  });
});

describe("several endpoints", () => {
  test("a gateway goes on with another member when its own is killed", async () => {
    const etcd = await startTestEtcd({ members: 3 });
    cleanUps.push(() => etcd.stop());
    const storage = await open(etcd);
    await storage.create(`${pods}a/x`, pod("x"), { signal });
    const [first] = etcd.etcd.members;
    process.kill(first!.pid, "SIGKILL");
    const { revision } = await eventually("a write", () => storage.create(`${pods}a/y`, pod("y"), { signal }), {
      timeoutMs: 20_000,
    });
    const read = await eventually("a read", () =>
      storage.get(`${pods}a/y`, { version: { kind: "consistent" }, signal }),
    );
    expect(read.revision).toBe(revision);
  });
});

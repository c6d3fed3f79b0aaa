import { createHash } from "node:crypto";
import { once, setMaxListeners } from "node:events";
import { copyFileSync, createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EtcdAdmin } from "../../apiserver/storage/etcd3/admin.ts";
import { Http2Transport } from "../../apiserver/storage/etcd3/http2-transport.ts";
import { EtcdKv } from "../../apiserver/storage/etcd3/kv.ts";
import { type KeyValue, prefixEnd } from "../../apiserver/storage/etcd3/kv-messages.ts";
import { Leases } from "../../apiserver/storage/etcd3/leases.ts";
import { type WatchEnd, watchEtcd } from "../../apiserver/storage/etcd3/watch-stream.ts";
import { statusText } from "../../cli/snapshot/status.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { peerUrl } from "../../etcd/config.ts";
import { newMembers, writePlan } from "../../etcd/plan.ts";
import { runCommand } from "../../etcd/run-command.ts";
import { bumpRevision } from "../../etcd/snapshot/bump-revision.ts";
import { openForReading } from "../../etcd/snapshot/random-access.ts";
import { type RestoreReport, restore } from "../../etcd/snapshot/restore.ts";
import { readState, type StateEntry } from "../../etcd/snapshot/state.ts";
import { type SnapshotStatus, snapshotStatus } from "../../etcd/snapshot/status.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { etcdBinaries } from "../harness/etcd-binaries.ts";
import { tlsOf } from "../harness/storage.ts";

const signal = new AbortController().signal;
setMaxListeners(0, signal);
const call = { signal, timeoutMs: 10_000 };
const objects = 5_000;

describe.each(await etcdBinaries())("etcd $version", (binary) => {
  let etcd: TestEtcd;
  let snapshot: string;
  let plainCopy: string;
  /** What etcd served when the snapshot was taken. */
  let served: readonly KeyValue[];
  let leaseId: bigint;
  let report: RestoreReport;
  let restoreMs: number;
  let lastBefore: bigint;

  beforeAll(async () => {
    vi.stubEnv("GATEHOUSE_ETCD", binary.path);
    etcd = await startTestEtcd();
    snapshot = join(etcd.folder, "snapshot.db");
    plainCopy = join(etcd.folder, "copy.db");
    await withEtcd(etcd, async ({ kv, admin, leases }) => {
      await fill(kv);
      leaseId = await leases.idFor(3600, call);
      await put(kv, "/registry/events/default/e", "leased", leaseId);
      await put(kv, "/registry/pods/ns/p00007", "changed");
      await remove(kv, "/registry/pods/ns/p00008");
      await put(kv, "/registry/services/specs/ns/big", "x".repeat(700_000));
      await put(kv, "elsewhere", "");
      served = await everything(kv);
      const file = createWriteStream(snapshot, { mode: 0o600 });
      for await (const { bytes } of admin.snapshot({ signal, stallMs: 10_000 })) file.write(bytes);
      file.end();
      await once(file, "finish");
      // What the restore will undo.
      await put(kv, "/registry/pods/ns/later", "vanishes");
      await put(kv, "/registry/pods/ns/p00009", "changes back");
      await put(kv, "/registry/pods/ns/p00010", textOf(10));
      lastBefore = await remove(kv, "/registry/pods/ns/p00011");
    });
    await etcd.etcd.stop();
    copyFileSync(join(etcd.folder, "etcd", "etcd-1", "member", "snap", "db"), plainCopy);
  });
  afterAll(async () => {
    await etcd.stop();
    vi.unstubAllEnvs();
  });

  /** What the tool that belongs to this etcd says, which checks the whole file too. */
  const toolStatus = async (path: string, output: "table" | "json") => {
    const etcdutl = join(dirname(binary.path), "etcdutl");
    const tool = existsSync(etcdutl) ? etcdutl : (binary.etcdctl ?? "etcdctl");
    return (await runCommand(tool, ["snapshot", "status", path, "-w", output], { signal })).output.trim();
  };

  test.each([
    ["a snapshot", () => snapshot],
    ["a plain copy of a member's database", () => plainCopy],
  ])("the status of %s is what etcd's own tool says", async (_name, path) => {
    const status = await statusOf(path());
    expect(statusText(status, "").split("\n\n")[0]).toBe(await toolStatus(path(), "table"));
    const json: unknown = JSON.parse(await toolStatus(path(), "json"));
    expect(json).toMatchObject({ hash: status.hash, revision: Number(status.revision), totalSize: status.sizeBytes });
  });

  test("objects are counted by kind, as far as they exist", async () => {
    const { objects: counts, otherKeys, kind } = await statusOf(snapshot);
    expect(Object.fromEntries(counts)).toEqual({ events: 1, pods: objects - 1, "services/specs": 1 });
    expect({ otherKeys, kind }).toEqual({ otherKeys: 1, kind: "snapshot" });
    expect((await statusOf(plainCopy)).kind).toBe("plain copy");
  });

  test("the state of a snapshot is what etcd served", async () => {
    const state = await stateOf(snapshot);
    expect(state.size).toBe(served.length);
    for (const { key, modRevision, createRevision, version, lease } of served) {
      expect(state.get(key)).toMatchObject({ modRevision, createRevision, version, lease });
    }
  });

  test("a file with a raised revision has the same state, and etcd's tool finds it sound", async () => {
    const bumped = join(etcd.folder, "bumped.db");
    const file = openForReading(snapshot);
    await bumpRevision(file, bumped, { to: 123_456_789n, signal });
    file.close();
    expect(await stateOf(bumped)).toEqual(await stateOf(snapshot));
    const status = await statusOf(bumped);
    expect(status).toMatchObject({ kind: "snapshot", currentRevision: 123_456_789n });
    expect(JSON.parse(await toolStatus(bumped, "json"))).toMatchObject({ hash: status.hash });
    rmSync(bumped);
  });

  test("a restore to three members takes seconds, and says what it undoes", async () => {
    const members = await newMembers(["etcd-1", "etcd-2", "etcd-3"]);
    const dataDir = join(etcd.folder, "etcd");
    const start = performance.now();
    report = await restore(
      {
        file: snapshot,
        dataDir,
        members: members.map((member) => ({ name: member.name, peerUrl: peerUrl(member) })),
        binary,
      },
      { clock: realClock, environment: process.env, say: () => undefined },
      { signal },
    );
    restoreMs = performance.now() - start;
    writePlan(dataDir, members);
    expect(restoreMs).toBeLessThan(10_000);
    expect(report).toMatchObject({
      comparedWith: "etcd-1",
      undone: {
        vanished: ["/registry/pods/ns/later"],
        cameBack: ["/registry/pods/ns/p00011"],
        changed: ["/registry/pods/ns/p00009"],
        unchanged: objects - 1,
      },
    });
    expect(report.revision).toBe(lastBefore + 1_000_000n);
    expect(readdirSync(dataDir).filter((name) => !name.startsWith("etcd-"))).toEqual(["plan.json"]);
    expect(report.setAside.map(({ folder }) => statSync(join(folder, "member")).isDirectory())).toEqual([true]);
  });

  test("the restored cluster has every key as it was, above every revision that anybody has seen", async () => {
    await etcd.restart();
    await withEtcd(etcd, async ({ kv, admin, transport }) => {
      expect(brief(await everything(kv))).toEqual(brief(served));
      const { revision } = await kv.range({ key: "elsewhere" }, call);
      expect(revision).toBeGreaterThanOrEqual(report.revision);
      for (const from of [1n, lastBefore, lastBefore + 1n, lastBefore + 1000n]) {
        expect(await endOfWatch(transport, from), `watch from ${from}`).toMatchObject({ kind: "compacted" });
      }
      expect(await put(kv, "/registry/pods/ns/new", "n")).toBe(revision + 1n);
      const { ttlSeconds, keys } = await admin.leaseTimeToLive(leaseId, call);
      expect({ lives: ttlSeconds > 3000n, keys: keys.length }).toEqual({ lives: true, keys: 1 });
    });
  });

  test("a restart keeps it, and members agree", async () => {
    const revision = await withEtcd(etcd, async ({ kv }) => (await kv.range({ key: "elsewhere" }, call)).revision);
    await etcd.etcd.stop();
    await etcd.restart();
    const hashes = await Promise.all(
      etcd.etcd.clientUrls.map((url) =>
        withEtcd(
          etcd,
          async ({ kv, admin, transport }) => {
            expect((await kv.range({ key: "elsewhere" }, call)).revision).toBe(revision);
            expect(await endOfWatch(transport, lastBefore)).toMatchObject({ kind: "compacted" });
            expect(await everything(kv)).toHaveLength(served.length + 1);
            return admin.hashKv(revision, call);
          },
          [url],
        ),
      ),
    );
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
    await etcd.etcd.stop();
  });

  test("a plain copy can be restored; damaged files and a plan that fails change nothing", async () => {
    const dataDir = join(etcd.folder, "second");
    mkdirSync(dataDir);
    const [member] = await newMembers(["etcd-1"]);
    const input = { file: plainCopy, dataDir, members: [{ name: "etcd-1", peerUrl: peerUrl(member!) }], binary };
    const deps = { clock: realClock, environment: process.env, say: () => undefined };
    const first = await restore(input, deps, { signal });
    expect(first).toMatchObject({ comparedWith: undefined, setAside: [] });
    expect(first.revision).toBe(lastBefore + 1_000_000_000n);
    const before = readdirSync(dataDir);
    const bad = { ...input, members: [{ name: "etcd-1", peerUrl: "no url" }] };
    await expect(restore(bad, deps, { signal })).rejects.toThrow("could not restore etcd-1");
    await expect(restore({ ...input, file: "package.json" }, deps, { signal })).rejects.toThrow("no etcd snapshot");
    expect(readdirSync(dataDir)).toEqual(before);
    expect(await stateOf(join(dataDir, "etcd-1", "member", "snap", "db"))).toEqual(await stateOf(plainCopy));
  });
});

interface Services {
  readonly kv: EtcdKv;
  readonly admin: EtcdAdmin;
  readonly leases: Leases;
  readonly transport: Http2Transport;
}

async function withEtcd<T>(
  etcd: TestEtcd,
  use: (services: Services) => Promise<T>,
  endpoints = etcd.etcd.clientUrls,
): Promise<T> {
  const transport = new Http2Transport({ endpoints, tls: tlsOf(etcd), clock: realClock });
  const stop = new AbortController();
  try {
    return await use({
      transport,
      kv: new EtcdKv(transport),
      admin: new EtcdAdmin(transport, { clock: realClock }),
      leases: new Leases({ transport, clock: realClock, log: silentLogger, stop: stop.signal }),
    });
  } finally {
    stop.abort();
    transport.close();
  }
}

/** 64 writes at a time. */
async function fill(kv: EtcdKv): Promise<void> {
  let next = 0;
  const writer = async () => {
    for (let index = next++; index < objects; index = next++) {
      await put(kv, `/registry/pods/ns/p${String(index).padStart(5, "0")}`, textOf(index));
    }
  };
  await Promise.all(Array.from({ length: 64 }, writer));
}

function textOf(index: number): string {
  return JSON.stringify({ index, filler: "v".repeat(1_500) });
}

async function put(kv: EtcdKv, key: string, text: string, lease?: bigint): Promise<bigint> {
  const value = Buffer.from(text);
  const success = { put: { key, value, ...(lease !== undefined && { lease }) } };
  const anyVersion = { target: "version", equals: 0n } as const;
  const answer = await kv.txn({ key, compare: anyVersion, success, elseGet: true }, call);
  if (answer.succeeded) return answer.revision;
  const compare = { target: "mod", equals: answer.current?.modRevision ?? 0n } as const;
  return (await kv.txn({ key, compare, success, elseGet: false }, call)).revision;
}

async function remove(kv: EtcdKv, key: string): Promise<bigint> {
  const { kvs } = await kv.range({ key }, call);
  const compare = { target: "mod", equals: kvs[0]?.modRevision ?? 0n } as const;
  return (await kv.txn({ key, compare, success: { delete: key }, elseGet: false }, call)).revision;
}

async function everything(kv: EtcdKv): Promise<readonly KeyValue[]> {
  const kvs: KeyValue[] = [];
  for (let key = " ", more = true; more; key = `${kvs.at(-1)?.key}\0`) {
    const page = await kv.range({ key, rangeEnd: prefixEnd("~"), limit: 500 }, call);
    kvs.push(...page.kvs);
    more = page.more;
  }
  return kvs;
}

/** One line for each key, short enough to be shown when two differ. */
function brief(kvs: readonly KeyValue[]): readonly string[] {
  return kvs.map(({ key, value, createRevision, modRevision, version, lease }) => {
    const hash = createHash("sha256").update(value).digest("hex");
    return [key, createRevision, modRevision, version, lease, hash].join(" ");
  });
}

function endOfWatch(transport: Http2Transport, startRevision: bigint): Promise<WatchEnd | "events"> {
  const stop = new AbortController();
  return new Promise<WatchEnd | "events">((resolve) => {
    watchEtcd(
      transport,
      { key: "/registry/", rangeEnd: prefixEnd("/registry/"), startRevision, prevKv: false },
      { events: () => resolve("events"), end: resolve },
      stop,
    );
  }).finally(() => stop.abort());
}

async function statusOf(path: string): Promise<SnapshotStatus> {
  const file = openForReading(path);
  return snapshotStatus(file, { signal }).finally(() => file.close());
}

async function stateOf(path: string): Promise<Map<string, StateEntry>> {
  const file = openForReading(path);
  const state = new Map<string, StateEntry>();
  for await (const entry of readState(file, { signal })) state.set(entry.key, entry);
  file.close();
  return state;
}

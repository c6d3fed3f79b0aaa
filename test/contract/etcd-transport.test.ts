import { createHash, randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EtcdAdmin, type SnapshotPiece } from "../../apiserver/storage/etcd3/admin.ts";
import { loadMessageCodec } from "../../apiserver/storage/etcd3/admin-messages.ts";
import { GrpcJsTransport } from "../../apiserver/storage/etcd3/grpc-js-transport.ts";
import { Http2Transport } from "../../apiserver/storage/etcd3/http2-transport.ts";
import { EtcdKv } from "../../apiserver/storage/etcd3/kv.ts";
import {
  decodeRange,
  decodeTxn,
  encodeRange,
  encodeTxn,
  type TxnRequest,
} from "../../apiserver/storage/etcd3/kv-messages.ts";
import type { Transport } from "../../apiserver/storage/etcd3/transport.ts";
import { decodeWatch, type EtcdEvent, encodeWatchCreate } from "../../apiserver/storage/etcd3/watch-messages.ts";
import { watchEtcd } from "../../apiserver/storage/etcd3/watch-stream.ts";
import { realClock } from "../../component-base/clock.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { eventually } from "../harness/eventually.ts";
import { tlsOf } from "../harness/storage.ts";
import { startTcpProxy } from "../harness/tcp-proxy.ts";

const signal = new AbortController().signal;
setMaxListeners(0, signal);
const call = { timeoutMs: 5_000, signal };

describe("our codecs speak proto/etcd.proto", () => {
  const big = 2n ** 62n;

  test.each<{ name: string; request: TxnRequest; expected: object }>([
    {
      name: "create",
      request: {
        key: "/k",
        compare: { target: "mod", equals: 0n },
        success: { put: { key: "/k", value: Buffer.from("ü".repeat(300)), lease: big } },
        elseGet: false,
      },
      expected: {
        compare: [{ target: "MOD", key: Buffer.from("/k"), mod_revision: "0" }],
        success: [
          { request_put: { key: Buffer.from("/k"), value: Buffer.from("ü".repeat(300)), lease: big.toString() } },
        ],
      },
    },
    {
      name: "delete",
      request: { key: "/k", compare: { target: "mod", equals: big }, success: { delete: "/k" }, elseGet: true },
      expected: {
        compare: [{ target: "MOD", key: Buffer.from("/k"), mod_revision: big.toString() }],
        success: [{ request_delete_range: { key: Buffer.from("/k") } }],
        failure: [{ request_range: { key: Buffer.from("/k") } }],
      },
    },
  ])("Txn: $name", async ({ request, expected }) => {
    const codec = await loadMessageCodec();
    expect(codec.decode("TxnRequest", encodeTxn(request))).toMatchObject(expected);
  });

  test("Range and Watch requests", async () => {
    const codec = await loadMessageCodec();
    const range = encodeRange({
      key: "/a/",
      rangeEnd: "/a0",
      limit: 500,
      revision: big,
      keysOnly: true,
      minModRevision: 7n,
    });
    expect(codec.decode("RangeRequest", range)).toMatchObject({
      key: Buffer.from("/a/"),
      range_end: Buffer.from("/a0"),
      limit: "500",
      revision: big.toString(),
      keys_only: true,
      count_only: false,
      serializable: false,
      min_mod_revision: "7",
    });
    const watch = encodeWatchCreate({ key: "/a/", rangeEnd: "/a0", startRevision: big, prevKv: true });
    expect(codec.decode("WatchRequest", watch)).toMatchObject({
      create_request: {
        key: Buffer.from("/a/"),
        range_end: Buffer.from("/a0"),
        start_revision: big.toString(),
        prev_kv: true,
        fragment: true,
      },
    });
  });

  test("answers, with negative numbers and fields from later versions", async () => {
    const codec = await loadMessageCodec();
    const header = { cluster_id: "18446744073709551615", member_id: "1", revision: big.toString(), raft_term: "2" };
    const kv = {
      key: Buffer.from("/k"),
      mod_revision: "5",
      create_revision: "4",
      version: "2",
      value: Buffer.from("v"),
      lease: "-3",
    };
    const expected = {
      key: "/k",
      modRevision: 5n,
      createRevision: 4n,
      version: 2n,
      value: Buffer.from("v"),
      lease: -3n,
    };
    const range = codec.encode("RangeResponse", { header, kvs: [kv], more: true, count: "9" });
    const later = Buffer.from([0xa2, 0x06, 0x01, 0x00, 0xa8, 0x06, 0x07]);
    expect(decodeRange(Buffer.concat([range, later]))).toEqual({
      revision: big,
      raftTerm: 2n,
      kvs: [expected],
      more: true,
      count: 9,
    });
    const txn = codec.encode("TxnResponse", { header, responses: [{ response_range: { header, kvs: [kv] } }] });
    expect(decodeTxn(txn)).toEqual({ revision: big, succeeded: false, current: expected });
    const watch = codec.encode("WatchResponse", {
      header,
      watch_id: "-1",
      fragment: true,
      events: [{ type: "DELETE", kv, prev_kv: kv }],
      compact_revision: "12",
      cancel_reason: "why",
    });
    expect(decodeWatch(watch)).toMatchObject({
      revision: big,
      fragment: true,
      compactRevision: 12n,
      cancelReason: "why",
      events: [{ type: "delete", kv: expected, prevKv: expected }],
    });
  });
});

describe.each([
  {
    name: "node:http2",
    open: (etcd: TestEtcd): Transport =>
      new Http2Transport({ endpoints: etcd.clientUrls, tls: tlsOf(etcd), clock: realClock }),
  },
  {
    name: "grpc-js",
    open: (etcd: TestEtcd): Transport =>
      new GrpcJsTransport({ endpoints: etcd.clientUrls, tls: tlsOf(etcd), clock: realClock }),
  },
])("calls over $name", ({ open: openAt }) => {
  let etcd: TestEtcd;
  let transport: Transport;
  let kv: EtcdKv;
  beforeAll(async () => {
    etcd = await startTestEtcd();
    transport = openAt(etcd);
    kv = new EtcdKv(transport);
  });
  afterAll(async () => {
    transport.close();
    await etcd.stop();
  });

  function put(key: string, value: Buffer, equals = 0n) {
    return kv.txn({ key, compare: { target: "mod", equals }, success: { put: { key, value } }, elseGet: true }, call);
  }

  test("a guarded Txn is done once and refused with what is there", async () => {
    const first = await put("/txn/a", Buffer.from("1"));
    expect(first).toMatchObject({ succeeded: true, current: undefined });
    const second = await put("/txn/a", Buffer.from("2"));
    expect(second).toMatchObject({ succeeded: false, current: { key: "/txn/a", modRevision: first.revision } });
    expect(second.current?.value.toString()).toBe("1");
  });

  test("answers of many megabytes and hundreds of calls at a time arrive whole", async () => {
    const value = Buffer.alloc(50_000, "x");
    await Promise.all(Array.from({ length: 200 }, (_, i) => put(`/big/${i}`, value)));
    const { kvs, count } = await kv.range({ key: "/big/", rangeEnd: "/big0" }, call);
    expect([kvs.length, count]).toEqual([200, 200]);
    expect(kvs.every((found) => found.value.equals(value))).toBe(true);
  });

  test.each([
    { name: "compacted", code: "Expired", revision: 1n },
    { name: "future", code: "FutureRevision", revision: 1_000_000n },
  ])("etcd's error texts are told apart: $name", async ({ code, revision }) => {
    const { revision: now } = await put(`/error/${code}`, Buffer.from("1"));
    if (code === "Expired") await kv.compact(now, call);
    await expect(kv.range({ key: "/x", revision }, call)).rejects.toMatchObject({ code });
  });

  test("a watch brings events with what was there before, and large ones in fragments put together", async () => {
    const { revision } = await put("/watch/a", Buffer.from("1"));
    const seen: EtcdEvent[] = [];
    watchEtcd(
      transport,
      { key: "/watch/", rangeEnd: "/watch0", startRevision: revision + 1n, prevKv: true },
      { events: (events) => seen.push(...events), end: () => undefined },
      { signal },
    );
    const large = Buffer.alloc(1_200_000, "y");
    let guard = revision;
    for (let i = 0; i < 3; i++) guard = (await put("/watch/a", large, guard)).revision;
    await eventually("three events", () => seen.length === 3);
    expect(seen.map(({ kv }) => kv.modRevision)).toEqual([guard - 2n, guard - 1n, guard]);
    expect(seen[0]?.prevKv?.value.toString()).toBe("1");
    expect(seen[2]?.prevKv?.value.equals(large)).toBe(true);
  });

  test("a server whose certificate is for another address is refused", async () => {
    const proxy = await startTcpProxy(Number(new URL(etcd.clientUrls[0]!).port), { host: "127.0.0.2" });
    const other = openAt({ ...etcd, clientUrls: [`https://127.0.0.2:${proxy.port}`] });
    const range = new EtcdKv(other).range({ key: "/x" }, { timeoutMs: 1_000, signal });
    await expect(range).rejects.toThrow("does not match certificate");
    other.close();
    await proxy.stop();
  });

  test("maintenance and cluster calls", async () => {
    const admin = new EtcdAdmin(transport, { clock: realClock });
    const status = await admin.status(call);
    expect(status.version).toMatch(/^3\./);
    expect(status.leader).toBe(status.memberId);
    const members = await admin.members(call);
    expect(members).toMatchObject([{ id: status.memberId, isLearner: false, clientUrls: etcd.clientUrls }]);
    expect(await admin.alarms(call)).toEqual([]);
    expect((await admin.hashKv(0n, call)).hash).toBeGreaterThan(0);
    await admin.defragment(call);
    await admin.compact(status.revision, call);
    await expect(admin.compact(status.revision, call)).rejects.toMatchObject({ code: "Expired" });
  });

  test("a snapshot comes whole, and no faster than it is taken", async () => {
    for (let i = 0; i < 20; i++) await put(`/snapshot/${i}`, randomBytes(1 << 20));
    let messages = 0;
    const counting: Transport = {
      unary: (path, request, options) => transport.unary(path, request, options),
      stream: (path, handlers, options) =>
        transport.stream(path, { ...handlers, message: (payload) => ++messages && handlers.message(payload) }, options),
      close: () => undefined,
    };
    const snapshot = new EtcdAdmin(counting, { clock: realClock }).snapshot({ signal, stallMs: 5_000 });
    const first = (await snapshot.next()).value as SnapshotPiece;
    expect(Number(first.remainingBytes)).toBeGreaterThan(20 << 20);
    let before = -1;
    const settled = () => {
      const same = before === messages;
      before = messages;
      return same;
    };
    await eventually("nothing more to come", settled, { everyMs: 100 });
    expect(messages).toBeLessThan(50);
    const pieces = [first.bytes];
    for await (const { bytes } of snapshot) pieces.push(bytes);
    const whole = Buffer.concat(pieces);
    expect(whole.length).toBe(first.bytes.length + Number(first.remainingBytes) + 32);
    const hash = createHash("sha256").update(whole.subarray(0, -32)).digest();
    expect(hash.equals(whole.subarray(-32))).toBe(true);
  });

  test("a snapshot that stops coming is given up", async () => {
    const deaf: Transport = {
      unary: () => Promise.reject(new Error("not asked")),
      stream: () => ({
        send: () => undefined,
        finish: () => undefined,
        pause: () => undefined,
        resume: () => undefined,
        cancel: () => undefined,
      }),
      close: () => undefined,
    };
    const snapshot = new EtcdAdmin(deaf, { clock: realClock }).snapshot({ signal, stallMs: 50 });
    await expect(snapshot.next()).rejects.toMatchObject({ code: "Unavailable", message: "nothing came for 0.05 s" });
  });
});

test("a connection that has died without a word is given up well before its calls' time is over", async () => {
  const etcd = await startTestEtcd();
  const proxy = await startTcpProxy(Number(new URL(etcd.clientUrls[0]!).port));
  const other = new Http2Transport({
    endpoints: [`https://127.0.0.1:${proxy.port}`],
    tls: tlsOf(etcd),
    clock: realClock,
  });
  const range = () => new EtcdKv(other).range({ key: "/", limit: 1 }, { timeoutMs: 30_000, signal });
  await range();
  proxy.stall();
  // It is sent anew over another connection.
  await range();
  other.close();
  await proxy.stop();
  await etcd.stop();
}, 20_000);

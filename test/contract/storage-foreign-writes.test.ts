import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventRecord } from "../../apiserver/storage/observer.ts";
import type { OpenStorage } from "../../apiserver/storage/open.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { eventually } from "../harness/eventually.ts";
import { openTestStorage, rawEtcd } from "../harness/storage.ts";

const { signal } = new AbortController();
const events: EventRecord[] = [];
let etcd: TestEtcd;
let storage: OpenStorage;

beforeAll(async () => {
  etcd = await startTestEtcd();
  const observer = { transaction: () => undefined, event: (record: EventRecord) => void events.push(record) };
  storage = await openTestStorage(etcd, {}, { observer });
});

afterAll(async () => {
  await storage?.stop();
  await etcd?.stop();
});

test("a revision that this gateway did not make is told apart from its own", async () => {
  const own = "/registry/pods/default/own";
  const foreign = "/registry/pods/default/foreign";
  const pod = (name: string) => ({ kind: "Pod", apiVersion: "v1", metadata: { name } });
  await storage.create(own, pod("own"), { signal });
  const { kv, close } = rawEtcd(etcd);
  const compare = { target: "version", equals: 0n } as const;
  const value = Buffer.from(JSON.stringify(pod("foreign")));
  const put = { key: foreign, compare, success: { put: { key: foreign, value } }, elseGet: false };
  await kv.txn(put, { timeoutMs: 5_000, signal });
  close();
  await eventually("the watch shows both", () => events.length === 2);
  expect(events).toMatchObject([
    { storageKey: own, foreign: false },
    { storageKey: foreign, foreign: true },
  ]);
});

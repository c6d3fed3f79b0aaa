import { afterAll, beforeAll, expect, test } from "vitest";
import { allKinds } from "../../api/kinds.ts";
import { type DecodedBody, plainRead, type ReadParameters, type WriteOptions } from "../../apiserver/registry/store.ts";
import type { OpenStorage } from "../../apiserver/storage/open.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { createTestRegistry, type TestRegistry, testContext, withNamespace } from "../harness/registry.ts";
import { sampleOf } from "../harness/samples.ts";
import { openTestStorage } from "../harness/storage.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };
const read: ReadParameters = plainRead;
const body = (value: unknown): DecodedBody => ({ value: structuredClone(value), duplicateFields: [] });

let etcd: TestEtcd;
let storage: OpenStorage;
let registry: TestRegistry;

beforeAll(async () => {
  etcd = await startTestEtcd();
  storage = await openTestStorage(etcd);
  registry = await withNamespace(createTestRegistry({ storage }));
});

afterAll(async () => {
  await storage?.stop();
  await etcd?.stop();
});

const stored = allKinds.filter((kind) => kind.storage !== null && kind.kind !== "Namespace");

test.each(stored.map((kind) => [`${kind.apiVersion} ${kind.kind}`, kind] as const))(
  "%s lives on real etcd",
  async (_name, kind) => {
    const store = registry.store(kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`);
    const namespace = kind.scope === "Namespaced" ? "default" : "";
    const ctx = () => testContext({ namespace });
    const sample = sampleOf(kind);
    const name = sample.metadata?.name ?? "";
    const created = await store.create(ctx(), body(sample), options);
    const again = store.create(ctx(), body(sample), options);
    await expect(again).rejects.toMatchObject({ reason: "AlreadyExists" });
    const patch = { type: "merge", body: body({ metadata: { labels: { a: "b" } } }), force: false } as const;
    const patched = await store.patch(ctx(), name, patch, options);
    expect(patched.stored.revision).toBeGreaterThan(created.revision);
    const same = await store.patch(ctx(), name, patch, options);
    expect(same.stored.revision, "a patch that changes nothing makes no revision").toBe(patched.stored.revision);
    const got = await store.get(ctx(), name, read);
    expect(JSON.parse(got.bytes().toString())).toEqual(got.object);
    expect(got.object).toMatchObject({
      kind: kind.kind,
      apiVersion: kind.apiVersion,
      metadata: { labels: { a: "b" } },
    });
    const page = await store.list(ctx(), { ...read, labelSelector: "a=b" });
    expect(page.items.map((item) => item.object.metadata?.name)).toEqual([name]);
    await store.delete(ctx(), name, { dryRun: false, gracePeriodSeconds: 0 });
    await expect(store.get(ctx(), name, read)).rejects.toMatchObject({ reason: "NotFound" });
  },
);

test("many Services at once get an address each", async () => {
  const services = registry.store("services");
  const spec = { type: "NodePort", ports: [{ port: 80 }] };
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      services.create(testContext({ namespace: "default" }), body({ metadata: { name: `s-${index}` }, spec }), options),
    ),
  );
  const specs = made.map(
    ({ object }) => (object as { spec?: { clusterIP?: string; ports?: { nodePort?: number }[] } }).spec,
  );
  expect(new Set(specs.map((service) => service?.clusterIP)).size).toBe(20);
  expect(new Set(specs.map((service) => service?.ports?.[0]?.nodePort)).size).toBe(20);
});

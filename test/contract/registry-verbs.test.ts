import { describe, expect, test } from "vitest";
import { allKinds } from "../../api/kinds.ts";
import type { ApiObject } from "../../api/meta.ts";
import { type DecodedBody, plainRead, type ReadParameters, type WriteOptions } from "../../apiserver/registry/store.ts";
import { createTestRegistry, testContext, withNamespace } from "../harness/registry.ts";
import { sampleOf } from "../harness/samples.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };
const read: ReadParameters = { ...plainRead, allowWatchBookmarks: true };
const body = (value: unknown): DecodedBody => ({ value: structuredClone(value), duplicateFields: [] });
const stored = allKinds.filter((kind) => kind.storage !== null);

describe.each(stored.map((kind) => [`${kind.apiVersion} ${kind.kind}`, kind] as const))("%s", (_name, kind) => {
  const resource = kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
  const namespace = kind.scope === "Namespaced" ? "default" : "";

  test("goes through every verb", async () => {
    const { store } = await withNamespace(createTestRegistry());
    const kindStore = store(resource);
    const sample = sampleOf(kind);
    const name = sample.metadata?.name ?? "";
    const done = new AbortController();
    const watcher = await kindStore.watch(testContext({ namespace, signal: done.signal }), read);
    const events: string[] = [];
    const watching = (async () => {
      for await (const batch of watcher) for (const event of batch) events.push(event.type);
    })();

    const created = await kindStore.create(testContext({ namespace }), body(sample), options);
    expect(created.object).toMatchObject({ kind: kind.kind, apiVersion: kind.apiVersion, metadata: { name } });
    expect(created.object.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.object.metadata?.resourceVersion).toBe(String(created.revision));

    const got = await kindStore.get(testContext({ namespace }), name, read);
    expect(JSON.parse(got.bytes().toString())).toEqual(got.object);

    const page = await kindStore.list(testContext({ namespace }), { ...read, fieldSelector: `metadata.name=${name}` });
    expect(page.items.map((item) => item.object.metadata?.name)).toEqual([name]);

    const labelled = structuredClone(got.object) as ApiObject;
    labelled.metadata = { ...labelled.metadata, labels: { ...labelled.metadata?.labels, "by/put": "yes" } };
    const put = await kindStore.update(testContext({ namespace }), name, body(labelled), options);
    expect(put.created).toBe(false);

    const again = await kindStore.update(testContext({ namespace }), name, body(put.stored.object), options);
    expect(again.stored.revision, "an unchanged object makes no revision").toBe(put.stored.revision);

    const stale = kindStore.update(testContext({ namespace }), name, body(labelled), options);
    await expect(stale).rejects.toMatchObject({ reason: "Conflict", code: 409 });

    const patches = [
      ["json", [{ op: "add", path: "/metadata/labels/json", value: "yes" }]],
      ["merge", { metadata: { labels: { merge: "yes" } } }],
      ["strategic", { metadata: { labels: { strategic: "yes", "by/put": null } } }],
    ] as const;
    for (const [type, patch] of patches) {
      await kindStore.patch(testContext({ namespace }), name, { type, body: body(patch), force: false }, options);
    }
    const patched = await kindStore.get(testContext({ namespace }), name, read);
    expect(patched.object.metadata?.labels).toMatchObject({ json: "yes", merge: "yes", strategic: "yes" });
    expect(patched.object.metadata?.labels).not.toHaveProperty("by/put");

    const dry = await kindStore.delete(testContext({ namespace }), name, { dryRun: true });
    expect(dry.kind).toBeDefined();
    await kindStore.delete(testContext({ namespace }), name, { dryRun: false, gracePeriodSeconds: 0 });
    if (resource !== "namespaces") {
      const gone = kindStore.get(testContext({ namespace }), name, read);
      await expect(gone).rejects.toMatchObject({ reason: "NotFound", status: { details: { kind: kind.plural } } });
      expect(events.slice(events.indexOf("BOOKMARK"))).toEqual([
        "BOOKMARK",
        "ADDED",
        "MODIFIED",
        "MODIFIED",
        "MODIFIED",
        "MODIFIED",
        "DELETED",
      ]);
    }
    done.abort();
    await watching;
  });
});

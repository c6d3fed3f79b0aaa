import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../../api/meta.ts";
import { plainRead } from "../../apiserver/registry/store.ts";
import type { StoredObject } from "../../apiserver/storage/storage.ts";
import { createTestRegistry, testContext, withNamespace } from "../harness/registry.ts";

interface Story {
  readonly name: string;
  readonly resource: string;
  readonly namespace: string;
  readonly steps: readonly {
    readonly verb: "create" | "merge" | "strategic";
    readonly body: { metadata?: { name?: string } };
    readonly manager: string;
    readonly subresource: string;
    readonly managedFields: readonly ManagedFieldsEntry[];
  }[];
}

/** Writes by several managers and the account that kube-apiserver 1.36.3 kept of them. */
const stories = JSON.parse(
  readFileSync(new URL("testdata/managed-fields.json", import.meta.url), "utf8"),
) as readonly Story[];

describe("managedFields are those of the real server", () => {
  test.each(stories)("$name", async ({ resource, namespace, steps }) => {
    const registry = await withNamespace(createTestRegistry());
    const store = registry.store(resource);
    const name = steps[0]?.body.metadata?.name ?? "";
    for (const [index, { verb, body, manager, subresource, managedFields }] of steps.entries()) {
      await registry.clock.advance(1000);
      const ctx = testContext({ namespace: namespace || (resource === "namespaces" ? name : "") });
      const options = { dryRun: false, fieldManager: manager, fieldValidation: "Strict" } as const;
      const decoded = { value: structuredClone(body), duplicateFields: [] };
      let stored: StoredObject;
      if (verb === "create") {
        stored = await store.create(ctx, decoded, options);
      } else {
        const request = { type: verb, body: decoded, force: false };
        if (subresource === "") await store.patch(ctx, name, request, options);
        else await store.subresources.get(subresource)?.patch?.(ctx, name, request, options);
        stored = await store.get(ctx, name, plainRead);
      }
      const entries = (stored.object.metadata?.managedFields ?? []).map(({ time: _time, ...entry }) => entry);
      const byManager = (list: readonly ManagedFieldsEntry[]) =>
        [...list].sort((a, b) => `${a.manager}/${a.subresource}`.localeCompare(`${b.manager}/${b.subresource}`));
      const expected = managedFields.length === 0 ? [] : managedFields;
      expect(byManager(entries), `after step ${index}`).toEqual(byManager(expected));
    }
  });
});

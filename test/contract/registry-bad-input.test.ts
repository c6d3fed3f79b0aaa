import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTestRegistry, type TestRegistry, testContext, withNamespace } from "../harness/registry.ts";

interface Row {
  readonly name: string;
  readonly resource: string;
  readonly namespace: string;
  readonly body: unknown;
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly warnings?: readonly string[];
}

/** Objects and what kube-apiserver 1.36.3 answered to a dry-run create of each. */
const rows = JSON.parse(readFileSync(new URL("testdata/creates.json", import.meta.url), "utf8")) as Row[];
const options = { dryRun: true, fieldManager: "test", fieldValidation: "Warn" } as const;

/** Where ours differs on purpose or lacks a kind that is not served yet. */
const elsewhere = new Map([
  ["ovh", "RuntimeClasses are not served"],
  ["nprange", "upstream forgives a node port out of range in a dry run"],
  ["ip", "the range of the test is another"],
  ["ip3", "the range of the test is another"],
  ["ipk", "the range of the test is another"],
  ["av3", "the text shows the body's bytes, which only the decoder has"],
  ["res3", "upstream's order of map keys is random"],
  ["sec2", "upstream shows its internal form of the value"],
  ["taken ip", "the range of the test is another"],
]);

describe("a create is refused or accepted as by the real server", () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await withNamespace(createTestRegistry());
    const classes = registry.store("priorityclasses.scheduling.k8s.io");
    const value = { metadata: { name: "system-node-critical" }, value: 2_000_001_000 };
    await classes.create(testContext(), { value, duplicateFields: [] }, { ...options, dryRun: false });
  });

  const tested = rows.filter((row) => !elsewhere.has(row.name));
  test.each(tested)("$resource: $name", async ({ resource, namespace, body, code, ...expected }) => {
    const ctx = testContext({ namespace });
    const decoded = { value: structuredClone(body), duplicateFields: [] };
    const before = registry.storage.currentRevision();
    const answer = await registry
      .store(resource)
      .create(ctx, decoded, options)
      .then(
        () => ({ code: 201 }),
        (error: { status?: { code?: number; reason?: string; message?: string } }) => error.status ?? error,
      );
    const { reason, message } = expected;
    expect(answer).toMatchObject({ code, ...(code >= 300 && { reason, message: withoutRandomNames(message) }) });
    // The deprecation of a whole kind is told by the HTTP layer, which also tells everything only once; upstream's order of map keys is random.
    const told = (expected.warnings ?? []).filter((text) => !text.startsWith("v1 "));
    expect([...new Set(ctx.warnings)].sort()).toEqual([...told].sort());
    expect(registry.storage.currentRevision(), "nothing is written").toBe(before);
  });
});

/** Generated names differ from run to run. */
const withoutRandomNames = (message: string | undefined) =>
  message?.includes("Foo-") ? expect.stringContaining("metadata.generateName: Invalid value") : message;

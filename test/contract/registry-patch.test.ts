import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Deployment } from "../../api/generated/types.ts";
import type { PatchType, ResourceStore, WriteOptions } from "../../apiserver/registry/store.ts";
import { createTestRegistry, testContext, withNamespace } from "../harness/registry.ts";

interface Row {
  readonly name: string;
  readonly type: PatchType;
  readonly patch: unknown;
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly labels?: unknown;
  readonly annotations?: Record<string, string>;
  readonly finalizers?: unknown;
  readonly spec?: unknown;
}

/** Patches and what kube-apiserver 1.36.3 made of them. */
const vectors = JSON.parse(readFileSync(new URL("testdata/patches.json", import.meta.url), "utf8")) as {
  base: unknown;
  rows: Row[];
};
const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };
const namespace = "default";

/** Bad input is the client's fault: where upstream answers 5xx, the same text comes as a 400. */
const expectedCode = (code: number) => (code >= 500 ? 400 : code);

describe("a patch gives what the real server gives", () => {
  let store: ResourceStore;

  beforeAll(async () => {
    const registry = await withNamespace(createTestRegistry());
    store = registry.store("deployments.apps");
    const body = { value: structuredClone(vectors.base), duplicateFields: [] };
    await store.create(testContext({ namespace }), body, options);
  });

  test.each(vectors.rows)("$type: $name", async ({ type, patch, code, ...expected }) => {
    const body = { value: structuredClone(patch), duplicateFields: [] };
    const dryRun = { ...options, dryRun: true };
    const answer = store.patch(testContext({ namespace }), "v", { type, body, force: false }, dryRun);
    if (code !== 200) {
      const error = await answer.then(
        () => undefined,
        (cause: unknown) => cause,
      );
      expect(error).toMatchObject({ status: { code: expectedCode(code) } });
      if (code < 500) expect(error).toMatchObject({ status: { reason: expected.reason } });
      if (comparable(expected.message)) expect(error).toMatchObject({ status: { message: expected.message } });
      return;
    }
    const { metadata, spec } = (await answer).stored.object as Deployment;
    expect({
      labels: metadata?.labels,
      finalizers: metadata?.finalizers,
      annotations: metadata?.annotations ?? {},
      spec,
    }).toEqual({
      labels: expected.labels ?? undefined,
      finalizers: expected.finalizers ?? undefined,
      annotations: expected.annotations,
      spec: expected.spec,
    });
  });
});

/** Go's own words for a decoding failure, with Go's types and addresses, are not ours to repeat. */
const comparable = (message: string | undefined) =>
  message !== undefined && !/\bGo (struct|value)\b|map\[|0x[0-9a-f]{6}|Invalid value: "\{|error decoding/.test(message);

test.each([
  ["most kinds", "configmaps", {}, 2],
  ["kinds whose own checks leave metadata out", "endpointslices.discovery.k8s.io", { addressType: "IPv4" }, 1],
])("%s name a changed uid as often as the real server does", async (_name, plural, fields, times) => {
  const registry = await withNamespace(createTestRegistry());
  const store = registry.store(plural);
  const value = { metadata: { name: "u" }, ...fields };
  await store.create(testContext({ namespace }), { value, duplicateFields: [] }, options);
  const body = { value: { metadata: { uid: "w" } }, duplicateFields: [] };
  const answer = store.patch(testContext({ namespace }), "u", { type: "merge", body, force: false }, options);
  const cause = {
    reason: "FieldValueInvalid",
    message: 'Invalid value: "w": field is immutable',
    field: "metadata.uid",
  };
  await expect(answer).rejects.toMatchObject({
    status: {
      message: expect.stringMatching(/^\S+ "u" is invalid: metadata\.uid: Invalid value: "w": field is immutable$/),
      details: { causes: Array.from({ length: times }, () => cause) },
    },
  });
});

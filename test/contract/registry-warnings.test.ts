import { beforeEach, expect, test } from "vitest";
import type { WriteOptions } from "../../apiserver/registry/store.ts";
import { createTestRegistry, type TestRegistry, testContext, withNamespace } from "../harness/registry.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };
const body = (value: unknown) => ({ value, duplicateFields: [] });
const spec = { nodeSelector: { "beta.kubernetes.io/os": "linux" }, containers: [{ name: "c", image: "i" }] };
const deprecated = 'nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await withNamespace(createTestRegistry());
});

/** What is warned of when an object is created. What a create warns of is compared with the real server in bad-input. */
async function create(resource: string, value: object): Promise<string[]> {
  const ctx = testContext({ namespace: "default" });
  await registry.store(resource).create(ctx, body({ metadata: { name: "a" }, ...value }), options);
  return ctx.warnings;
}

async function patch(resource: string, value: object, subresource = ""): Promise<string[]> {
  const ctx = testContext({ namespace: "default" });
  const merge = { type: "merge", body: body(value), force: false } as const;
  const store = registry.store(resource);
  if (subresource === "") await store.patch(ctx, "a", merge, options);
  else await store.subresources.get(subresource)?.patch?.(ctx, "a", merge, options);
  return ctx.warnings;
}

const labelled = { metadata: { labels: { a: "b" } } };

test("a Pod is warned of once, when it is made", async () => {
  expect(await create("pods", { spec })).toEqual([`spec.${deprecated}`]);
  expect(await patch("pods", labelled)).toEqual([]);
  expect(await patch("pods", { spec: { activeDeadlineSeconds: 9 } })).toEqual([]);
});

test.each(["deployments.apps", "replicasets.apps"])("%s: the template, whenever the spec has changed", async (kind) => {
  const template = { metadata: { labels: { a: "b" } }, spec };
  const told = [`spec.template.spec.${deprecated}`];
  expect(await create(kind, { spec: { selector: { matchLabels: { a: "b" } }, template } })).toEqual(told);
  expect(await patch(kind, labelled)).toEqual([]);
  expect(await patch(kind, { spec: { replicas: 3 } })).toEqual(told);
  expect(await patch(kind, { spec: { replicas: 4 } }, "scale")).toEqual(told);
  expect(await patch(kind, { status: { replicas: 4 } }, "status")).toEqual([]);
});

test("a Service is warned of with every write", async () => {
  const told = ['spec.externalName is ignored when spec.type is not "ExternalName"'];
  expect(await create("services", { spec: { type: "ExternalName", externalName: "a.b" } })).toEqual([]);
  expect(await patch("services", { spec: { type: "ClusterIP", ports: [{ port: 80 }] } })).toEqual(told);
  expect(await patch("services", labelled)).toEqual(told);
  expect(await patch("services", { status: { loadBalancer: {} } }, "status")).toEqual([]);
});

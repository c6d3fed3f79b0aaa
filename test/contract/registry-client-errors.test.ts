import { beforeAll, describe, expect, test } from "vitest";
import type { WriteOptions } from "../../apiserver/registry/store.ts";
import { toStatus } from "../../apiserver/registry/to-status.ts";
import { StorageError, type StorageErrorCode } from "../../apiserver/storage/storage.ts";
import { createTestRegistry, type TestRegistry, testContext, withNamespace } from "../harness/registry.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };
const body = (value: unknown) => ({ value, duplicateFields: [] });
const context = () => testContext({ namespace: "default" });
const read = {
  resourceVersion: "",
  resourceVersionMatch: "",
  labelSelector: "",
  fieldSelector: "",
  limit: 0,
  continue: "",
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
};

/** With the patches of registry-patch.test.ts, the table of docs/compatibility.md. */
describe("what kube-apiserver answers with 500 and is the client's fault is a 400 with the same text", () => {
  const badVersion = 'strconv.ParseUint: parsing "x": invalid syntax';
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await withNamespace(createTestRegistry());
    await registry.store("configmaps").create(context(), body({ metadata: { name: "a" } }), options);
    const spec = { containers: [{ name: "c", image: "i" }] };
    await registry.store("pods").create(context(), body({ metadata: { name: "p" }, spec }), options);
  });

  const bind = (target: object) =>
    registry
      .store("pods")
      .subresources.get("binding")
      ?.create?.(context(), "p", body({ metadata: { name: "p" }, target }), options);

  test.each<{ name: string; ask: () => Promise<unknown> | undefined; message: string }>([
    {
      name: "get with a resourceVersion that is no number",
      ask: () => registry.store("configmaps").get(context(), "a", { ...read, resourceVersion: "x" }),
      message: `resourceVersion: Invalid value: "x": ${badVersion}`,
    },
    {
      name: "create with a resourceVersion",
      ask: () =>
        registry
          .store("configmaps")
          .create(context(), body({ metadata: { name: "b", resourceVersion: "5" } }), options),
      message: "resourceVersion should not be set on objects to be created",
    },
    {
      name: "update whose resourceVersion is no number",
      ask: () =>
        registry
          .store("configmaps")
          .update(context(), "a", body({ metadata: { name: "a", resourceVersion: "x" } }), options),
      message: badVersion,
    },
    {
      name: "binding to something that is no Node",
      ask: () => bind({ kind: "Pod", name: "q" }),
      message: 'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    },
    { name: "binding to nothing", ask: () => bind({ kind: "Node" }), message: "target.name: Required value" },
  ])("$name", async ({ ask, message }) => {
    await expect(ask()).rejects.toMatchObject({ status: { code: 400, reason: "BadRequest", message } });
  });
});

describe("a failure of etcd is named as what it is", () => {
  test.each<[StorageErrorCode, { code: number; reason: string; retryAfterSeconds?: number }]>([
    ["TooLarge", { code: 413, reason: "RequestEntityTooLarge" }],
    ["Unavailable", { code: 503, reason: "ServiceUnavailable", retryAfterSeconds: 1 }],
    ["NoSpace", { code: 507, reason: "InsufficientStorage" }],
    ["Overloaded", { code: 429, reason: "TooManyRequests", retryAfterSeconds: 1 }],
    ["CorruptCluster", { code: 503, reason: "ServiceUnavailable" }],
    ["Refused", { code: 500, reason: "InternalError" }],
    ["Unknown", { code: 504, reason: "Timeout", retryAfterSeconds: 1 }],
  ])("%s", (storageCode, { code, reason, retryAfterSeconds }) => {
    const object = { ref: { group: "", resource: "pods" }, name: "p" };
    const { status } = toStatus(new StorageError(storageCode, "/registry/pods/default/p", "why"), object);
    expect(status).toMatchObject({ code, reason });
    expect(status.details?.retryAfterSeconds).toBe(retryAfterSeconds);
  });

  test("nobody is asked to create an object of a made-up name again that may be there", () => {
    const object = { ref: { group: "", resource: "pods" }, name: "p-x7b2k", nameIsGenerated: true };
    const { status } = toStatus(new StorageError("Unknown", "/registry/pods/default/p-x7b2k", "why"), object);
    expect(status).toMatchObject({ code: 504, message: "Timeout: the outcome of the write is unknown: why" });
    expect(status.details?.retryAfterSeconds).toBeUndefined();
  });
});

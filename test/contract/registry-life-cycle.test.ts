import { beforeEach, describe, expect, test } from "vitest";
import type { IPAddress, Pod, Service } from "../../api/generated/types.ts";
import {
  type DecodedBody,
  type DeleteOptions,
  plainRead,
  type ReadParameters,
  type WriteOptions,
} from "../../apiserver/registry/store.ts";
import { StorageError } from "../../apiserver/storage/storage.ts";
import { createTestRegistry, type TestRegistry, testContext, withNamespace } from "../harness/registry.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };
const namespace = "default";
const read: ReadParameters = { ...plainRead, allowWatchBookmarks: true };
const body = (value: unknown): DecodedBody => ({ value: structuredClone(value), duplicateFields: [] });
const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: "c", image: "nginx:1" }], ...spec },
});

let registry: TestRegistry;
const ctx = () => testContext({ namespace });
const create = (resource: string, value: unknown, more: Partial<WriteOptions> = {}) =>
  registry.store(resource).create(ctx(), body(value), { ...options, ...more });
const remove = (resource: string, name: string, more: Partial<DeleteOptions> = {}) =>
  registry.store(resource).delete(ctx(), name, { dryRun: false, ...more });
const merge = (resource: string, name: string, patch: unknown) =>
  registry.store(resource).patch(ctx(), name, { type: "merge", body: body(patch), force: false }, options);
const get = (resource: string, name: string) => registry.store(resource).get(ctx(), name, read);

beforeEach(async () => {
  registry = await withNamespace(createTestRegistry());
});

test("a node port that a Service has been stored with stays its own when letting the old one go fails", async () => {
  const svc = (name: string, nodePort: number) => ({
    metadata: { name },
    spec: { type: "NodePort", ports: [{ port: 80, nodePort }] },
  });
  await create("services", svc("one", 30_001));
  let written = false;
  registry.storage.beforeWrite = async (key) => {
    if (key.includes("services/specs")) written = true;
    else if (written) {
      registry.storage.beforeWrite = undefined;
      throw new StorageError("Unavailable", key, "gone");
    }
  };
  const patch = { spec: { ports: [{ port: 80, nodePort: 30_002 }] } };
  await expect(merge("services", "one", patch)).rejects.toMatchObject({ code: 503 });
  expect(((await get("services", "one")).object as Service).spec?.ports?.[0]?.nodePort).toBe(30_002);
  await expect(create("services", svc("two", 30_002))).rejects.toMatchObject({ code: 422 });
});

describe("deletion", () => {
  test("of a collection answers, with an error too, only when it has ended", async () => {
    for (let at = 0; at < 20; at++) await create("configmaps", { metadata: { name: `a-${at}` } });
    let under = 0;
    registry.storage.beforeWrite = async (key) => {
      if (key.endsWith("/a-0")) throw new StorageError("Unavailable", key, "gone");
      under++;
      await new Promise((resolve) => setImmediate(resolve));
      under--;
    };
    const answer = registry.store("configmaps").deleteCollection(ctx(), read, { dryRun: false });
    await expect(answer).rejects.toMatchObject({ code: 503 });
    expect(under).toBe(0);
  });

  test("finalizers hold an object until the last one is removed", async () => {
    await create("configmaps", { metadata: { name: "a", finalizers: ["x.io/one", "x.io/two"] } });
    const first = await remove("configmaps", "a");
    expect(first).toMatchObject({ kind: "object", gone: false });
    const held = await get("configmaps", "a");
    expect(held.object.metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      deletionGracePeriodSeconds: 0,
    });

    const again = await remove("configmaps", "a");
    expect(again).toMatchObject({ kind: "object", stored: { revision: held.revision } });
    await expect(merge("configmaps", "a", { metadata: { finalizers: ["x.io/one", "x.io/three"] } })).rejects.toThrow(
      'no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/three"}',
    );
    await expect(create("configmaps", { metadata: { name: "a" } })).rejects.toThrow(
      "object is being deleted: configmaps",
    );
    await merge("configmaps", "a", { metadata: { finalizers: ["x.io/two"] } });
    await merge("configmaps", "a", { metadata: { finalizers: null } });
    await expect(get("configmaps", "a")).rejects.toMatchObject({ reason: "NotFound" });
  });

  test.each([
    ["Orphan", ["orphan"]],
    ["Foreground", ["foregroundDeletion"]],
  ] as const)("%s leaves its finalizer for the garbage collector", async (propagationPolicy, finalizers) => {
    await create("configmaps", { metadata: { name: "a" } });
    await remove("configmaps", "a", { propagationPolicy });
    expect((await get("configmaps", "a")).object.metadata?.finalizers).toEqual(finalizers);
  });

  test("a bound Pod has its grace period, which can only be shortened", async () => {
    await create("pods", pod("p", { nodeName: "n1" }));
    const periods: unknown[] = [];
    for (const gracePeriodSeconds of [undefined, 60, 5]) {
      await remove("pods", "p", gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
      periods.push((await get("pods", "p")).object.metadata?.deletionGracePeriodSeconds);
    }
    expect(periods).toEqual([30, 30, 5]);
    expect(await remove("pods", "p", { gracePeriodSeconds: 0 })).toMatchObject({ gone: true });
  });

  test("a Pod that never ran goes at once", async () => {
    await create("pods", pod("p"));
    expect(await remove("pods", "p")).toMatchObject({ kind: "object", gone: true });
  });

  test("preconditions are kept", async () => {
    await create("configmaps", { metadata: { name: "a" } });
    await expect(remove("configmaps", "a", { preconditions: { uid: "other" } })).rejects.toMatchObject({
      status: { code: 409, reason: "Conflict", details: { name: "a", kind: "ConfigMap" } },
    });
  });

  test("a namespace waits for its finalizer and takes nothing new in", async () => {
    const namespaces = registry.store("namespaces");
    const own = () => testContext({ namespace: "x" });
    await namespaces.create(own(), body({ metadata: { name: "x" } }), options);
    await namespaces.delete(own(), "x", { dryRun: false });
    const refused = registry.store("configmaps").create(own(), body({ metadata: { name: "a" } }), options);
    await expect(refused).rejects.toMatchObject({
      status: { code: 403, details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] } },
    });
    await namespaces.subresources
      .get("finalize")
      ?.update?.(own(), "x", body({ metadata: { name: "x" }, spec: {} }), options);
    await expect(namespaces.get(own(), "x", read)).rejects.toMatchObject({ reason: "NotFound" });
    await expect(namespaces.delete(ctx(), "default", { dryRun: false })).rejects.toThrow(
      "this namespace may not be deleted",
    );
  });
});

describe("races", () => {
  test("a patch is applied again to what a faster writer left", async () => {
    await create("configmaps", { metadata: { name: "a" }, data: { n: "0" } });
    let raced = false;
    registry.storage.beforeWrite = async () => {
      if (raced) return;
      raced = true;
      await merge("configmaps", "a", { data: { faster: "yes" } });
    };
    const { stored } = await merge("configmaps", "a", { data: { slower: "yes" } });
    expect(stored.object).toMatchObject({ data: { n: "0", faster: "yes", slower: "yes" } });
  });

  test("a Pod is bound once", async () => {
    await create("pods", pod("p"));
    const bind = (node: string) =>
      registry
        .store("pods")
        .subresources.get("binding")
        ?.create?.(ctx(), "p", body({ metadata: { name: "p" }, target: { name: node } }), options);
    await bind("n1");
    await expect(bind("n2")).rejects.toMatchObject({
      status: {
        code: 409,
        message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
      },
    });
    const { spec, status, metadata } = (await get("pods", "p")).object as Pod;
    expect(spec?.nodeName).toBe("n1");
    expect(status?.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
    expect(metadata?.generation, "binding says nothing new of what is wanted").toBe(1);
  });
});

describe("Service addresses and ports", () => {
  const ports = [{ port: 80 }];
  const held = () => registry.storage.keys.filter((key) => key.includes("/ipaddresses/"));

  test("are taken with the Service and given back with it", async () => {
    const { object } = await create("services", { metadata: { name: "s" }, spec: { type: "NodePort", ports } });
    const { spec } = object as Service;
    expect(held()).toEqual([`/registry/ipaddresses/${spec?.clusterIP}`]);
    expect(spec?.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
    const { object: address } = await get("ipaddresses.networking.k8s.io", spec?.clusterIP ?? "");
    expect((address as IPAddress).spec?.parentRef).toEqual({ resource: "services", namespace, name: "s" });
    await remove("services", "s");
    expect(held()).toEqual([]);
  });

  test.each([
    ["an invalid Service", { spec: { ports: [{ port: 0 }] } }, {}],
    ["a dry run", { spec: { ports } }, { dryRun: true }],
  ] as const)("are not kept by %s", async (_name, value, more) => {
    await create("services", { metadata: { name: "s" }, ...value }, more).catch((error: { code?: number }) =>
      expect(error.code).toBe(422),
    );
    expect(held()).toEqual([]);
  });

  test("are never given twice", async () => {
    const { object } = await create("services", { metadata: { name: "a" }, spec: { ports } });
    const { clusterIP } = (object as Service).spec ?? {};
    await expect(create("services", { metadata: { name: "b" }, spec: { ports, clusterIP } })).rejects.toThrow(
      `spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: provided IP is already allocated`,
    );
    const numbered = { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] };
    await create("services", { metadata: { name: "c" }, spec: numbered });
    await expect(create("services", { metadata: { name: "d" }, spec: numbered })).rejects.toThrow(
      "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
    );
    expect(held(), "what the refused one had taken is free again").toHaveLength(2);
  });

  test("stay with the Service", async () => {
    await create("services", { metadata: { name: "a" }, spec: { ports } });
    const clusterIP = "192.0.2.1";
    await expect(merge("services", "a", { spec: { clusterIP, clusterIPs: [clusterIP] } })).rejects.toThrow(
      `spec.clusterIPs[0]: Invalid value: ["${clusterIP}"]: may not change once set`,
    );
  });

  test("stay when a client leaves them out, and the port goes with the type", async () => {
    const first = (await create("services", { metadata: { name: "s" }, spec: { type: "NodePort", ports } }))
      .object as Service;
    const put = { metadata: { name: "s" }, spec: { type: "NodePort", ports } };
    const { stored } = await registry.store("services").update(ctx(), "s", body(put), options);
    expect((stored.object as Service).spec).toEqual(first.spec);
    const patched = await merge("services", "s", { spec: { type: "ClusterIP" } });
    expect((patched.stored.object as Service).spec?.ports?.[0]).not.toHaveProperty("nodePort");
  });
});

describe("reading", () => {
  test("pages hold one revision and say what remains", async () => {
    for (const name of ["a", "b", "c"]) await create("configmaps", { metadata: { name } });
    const first = await registry.store("configmaps").list(ctx(), { ...read, limit: 2 });
    expect(first).toMatchObject({ remainingItemCount: 1 });
    await create("configmaps", { metadata: { name: "d" } });
    const next = { ...read, limit: 2, continue: first.continueToken };
    const second = await registry.store("configmaps").list(ctx(), next);
    expect(second.items.map((item) => item.object.metadata?.name)).toEqual(["c"]);
    expect(second.revision).toBe(first.revision);
    const one = await registry.store("configmaps").list(ctx(), { ...read, limit: 1, fieldSelector: "metadata.name=a" });
    expect(one, "of one object there is no second page").toMatchObject({ continueToken: "" });
    registry.storage.compacted = registry.storage.currentRevision();
    const expired = registry.store("configmaps").list(ctx(), next);
    await expect(expired).rejects.toMatchObject({
      code: 410,
      status: { reason: "Expired", metadata: { continue: expect.any(String) } },
    });
  });

  test.each([
    [
      { resourceVersion: "x" },
      400,
      'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ],
    [{ resourceVersion: "999" }, 504, /^Timeout: Too large resource version: 999, current: \d+$/],
    [
      { resourceVersionMatch: "Exact", resourceVersion: "0" },
      422,
      /resourceVersionMatch "exact" is forbidden for resourceVersion "0"$/,
    ],
    [{ sendInitialEvents: true }, 422, /sendInitialEvents is forbidden for list$/],
    [{ labelSelector: "a b" }, 400, "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    [{ labelSelector: "a,,b" }, 400, "found ',', expected: identifier after ','"],
    [{ labelSelector: "(" }, 400, "found '(', expected: !, identifier, or 'end of string'"],
    [{ labelSelector: "a in b" }, 400, "unable to parse requirement: found 'b' expected: '('"],
    [{ labelSelector: "a in (" }, 400, "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    [{ labelSelector: "a in (b" }, 400, "unable to parse requirement: found '', expected: ',' or ')'"],
    [{ labelSelector: "a in (b," }, 400, "unable to parse requirement: found '', expected: ',', or identifier"],
    [{ fieldSelector: "foo" }, 400, "invalid selector: 'foo'; can't understand 'foo'"],
    [
      { fieldSelector: "foo=bar" },
      400,
      '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    [{ continue: "zzz" }, 400, /^invalid continue token: continue key is not valid/],
  ] as const)("a list with %o is refused", async (parameters, code, message) => {
    const answer = registry.store("configmaps").list(ctx(), { ...read, ...parameters });
    const error = await answer.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ status: { code } });
    if (typeof message === "string") expect(error).toMatchObject({ status: { message } });
    else expect((error as Error).message).toMatch(message);
  });

  test("a watch from before the history ends with an Expired in the stream", async () => {
    registry.storage.compacted = 100n;
    const watcher = await registry.store("configmaps").watch(ctx(), { ...read, resourceVersion: "1" });
    await expect(watcher[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 410,
      status: { reason: "Expired", message: "too old resource version: 1 (100)" },
    });
  });
});

describe("what the real server refuses in these words", () => {
  test("a system priority class cannot be deleted", async () => {
    await create("priorityclasses.scheduling.k8s.io", {
      metadata: { name: "system-node-critical" },
      value: 2_000_001_000,
    });
    await expect(remove("priorityclasses.scheduling.k8s.io", "system-node-critical")).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining("this is a system priority class and cannot be deleted"),
    });
  });

  test("a Service's address does not change, in whichever of its forms", async () => {
    await create("services", { metadata: { name: "s" }, spec: { ports: [{ port: 80 }] } });
    for (const spec of [{ clusterIP: "10.96.9.9" }, { clusterIPs: ["10.96.9.9"] }]) {
      await expect(merge("services", "s", { spec })).rejects.toMatchObject({
        message: `Service "s" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set`,
      });
    }
  });

  const badReads: [parameters: Partial<ReadParameters>, message: string][] = [
    [{ fieldSelector: "a=b=c" }, "invalid field selector: unescaped character in value: 61"],
    [
      { labelSelector: "/x=1" },
      `unable to parse requirement: <nil>: Invalid value: "/x": prefix part must be non-empty`,
    ],
    [{ labelSelector: "i=-x" }, `unable to parse requirement: values[0][i]: Invalid value: "-x": a valid label`],
    [{ labelSelector: "i>-1" }, `unable to parse requirement: values[0][i]: Invalid value: "-1": a valid label`],
    [{ continue: "***" }, "continue key is not valid: illegal base64 data at input byte 0"],
    [{ continue: "W10" }, "json: cannot unmarshal array into Go value of type storage.continueToken"],
    [{ continue: "e30", resourceVersion: "5" }, "server does not recognize this encoded version"],
  ];
  test.each(badReads)("list with %o", async (parameters, message) => {
    const listing = registry.store("configmaps").list(ctx(), { ...read, ...parameters });
    await expect(listing).rejects.toMatchObject({ code: 400, message: expect.stringContaining(message) });
  });

  const badPatches: [patch: unknown, message: string][] = [
    [{ data: { a: 1 } }, "cannot convert int64 to string"],
    [{ data: { a: true } }, "unrecognized type: string"],
    [{ data: ["a"] }, "cannot restore map from slice"],
    [{ immutable: "x" }, "unrecognized type: bool"],
    [{ metadata: { finalizers: "a" } }, "cannot restore slice from string"],
    [{ metadata: "s" }, "cannot restore struct from: string"],
    [{ metadata: { generation: 1.5 } }, "cannot convert float64 to int64"],
    [{ binaryData: { a: "**" } }, "error decoding from json: illegal base64 data at input byte 0"],
  ];
  test.each(badPatches)("strategic patch %j", async (patch, message) => {
    await create("configmaps", { metadata: { name: "c" } });
    const request = { type: "strategic", body: body(patch), force: false } as const;
    const patching = registry.store("configmaps").patch(ctx(), "c", request, options);
    await expect(patching).rejects.toMatchObject({ code: 422, message: expect.stringContaining(message) });
  });

  test("the log of a Pod without a node is nothing yet", async () => {
    await create("pods", pod("p"));
    const log = registry.store("pods").subresources.get("log");
    expect(await log?.get?.(ctx(), "p", new URLSearchParams())).toEqual({ kind: "nothing" });
  });
});

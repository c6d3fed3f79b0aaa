import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenWatch, startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const cms = "/api/v1/namespaces/default/configmaps";
const table = { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
const metadataOnly = { Accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" };

const create = async (name: string, labels: Record<string, string> = {}) =>
  (await gateway.call(cms, { body: { metadata: { name, labels }, data: { a: "1" } } })).json;
const remove = (name: string) => gateway.call(`${cms}/${name}`, { method: "DELETE" });
const label = (name: string, value: string | null) =>
  gateway.call(`${cms}/${name}`, {
    method: "PATCH",
    body: { metadata: { labels: { tier: value } } },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
const listRevision = async () => (await gateway.call(cms)).json.metadata.resourceVersion as string;

/** `[type, name]` of each event until `count` have come. */
async function take(watch: OpenWatch, count: number) {
  const events = [];
  while (events.length < count) {
    const event = await watch.next();
    if (event === undefined) throw new Error(`the stream ended after ${events.length} events`);
    events.push(event);
  }
  return events;
}
const brief = (event: { type: string; object: { metadata: { name?: string } } }) => [
  event.type,
  event.object.metadata.name ?? "",
];

test("a resumed watch gives what came after, in order, with the revisions of the changes", async () => {
  const from = await listRevision();
  const watch = await gateway.watch(`${cms}?watch=true&resourceVersion=${from}`);
  expect(watch.status).toBe(200);
  expect(watch.headers["content-type"]).toBe("application/json");
  expect(watch.headers["transfer-encoding"]).toBe("chunked");
  const created = await create("w1");
  await label("w1", "x");
  await remove("w1");
  const events = await take(watch, 3);
  watch.close();
  expect(events.map(brief)).toEqual([
    ["ADDED", "w1"],
    ["MODIFIED", "w1"],
    ["DELETED", "w1"],
  ]);
  expect(events[0].object).toEqual(created);
  const revisions = events.map((event) => Number(event.object.metadata.resourceVersion));
  expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  expect(new Set(revisions).size).toBe(3);
  expect(events[2].object).toMatchObject({ kind: "ConfigMap", apiVersion: "v1" });

  const resumed = await gateway.watch(`${cms}?watch=1&resourceVersion=${revisions[1]}`);
  expect(await take(resumed, 1)).toEqual([events[2]]);
  resumed.close();
});

test("headers come before any event", async () => {
  const watch = await gateway.watch(`${cms}?watch=1&resourceVersion=${await listRevision()}`);
  expect(watch.status).toBe(200);
  watch.close();
});

test("an object that enters or leaves the selector is added or deleted", async () => {
  const watch = await gateway.watch(`${cms}?watch=1&labelSelector=tier%3Dx&resourceVersion=${await listRevision()}`);
  await create("s1");
  await label("s1", "x");
  const last = (await label("s1", "y")).json.metadata.resourceVersion;
  const events = await take(watch, 2);
  watch.close();
  expect(events.map(brief)).toEqual([
    ["ADDED", "s1"],
    ["DELETED", "s1"],
  ]);
  expect(events[1].object.metadata.labels).toEqual({ tier: "x" });
  expect(events[1].object.metadata.resourceVersion).toBe(last);
  await remove("s1");
});

describe("what is there already", () => {
  const snapshot = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  beforeAll(async () => {
    await create("i1");
    await create("i2");
  });

  test("is sent first, ended by a bookmark that says so", async () => {
    const watch = await gateway.watch(`${cms}?${snapshot}`);
    const events = await take(watch, 3);
    watch.close();
    expect(events.map(brief)).toEqual([
      ["ADDED", "i1"],
      ["ADDED", "i2"],
      ["BOOKMARK", ""],
    ]);
    expect(events[2].object).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: {
        annotations: { "k8s.io/initial-events-end": "true" },
        resourceVersion: expect.stringMatching(/^\d+$/),
      },
    });
  });

  test("is sent without the bookmark to who did not ask for bookmarks", async () => {
    const watch = await gateway.watch(`${cms}?watch=1&timeoutSeconds=1`);
    expect((await take(watch, 2)).map(brief)).toEqual([
      ["ADDED", "i1"],
      ["ADDED", "i2"],
    ]);
    expect(await watch.next()).toBeUndefined();
  });

  test("comes as Tables: columns once, the bookmark with one blank row", async () => {
    const watch = await gateway.watch(`${cms}?${snapshot}`, { headers: table });
    const [first, second, bookmark] = await take(watch, 3);
    watch.close();
    expect(first.object).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
    expect(first.object.columnDefinitions.map((column: { name: string }) => column.name)).toEqual([
      "Name",
      "Data",
      "Age",
    ]);
    expect(first.object.rows[0].cells.slice(0, 2)).toEqual(["i1", 1]);
    expect(first.object.rows[0].object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "i1" } });
    expect(second.object.columnDefinitions).toBeNull();
    expect(bookmark).toMatchObject({
      type: "BOOKMARK",
      object: {
        kind: "Table",
        columnDefinitions: null,
        rows: [
          {
            cells: ["", 0, "<unknown>"],
            object: {
              kind: "PartialObjectMetadata",
              metadata: { annotations: { "k8s.io/initial-events-end": "true" } },
            },
          },
        ],
      },
    });
  });

  test("comes as metadata only", async () => {
    const watch = await gateway.watch(`${cms}?${snapshot}`, { headers: metadataOnly });
    const [first, , bookmark] = await take(watch, 3);
    watch.close();
    expect(Object.keys(first.object)).toEqual(["kind", "apiVersion", "metadata"]);
    expect(bookmark.object).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" });
  });

  test("comes by name on the legacy path and by field selector", async () => {
    for (const path of [
      "/api/v1/watch/namespaces/default/configmaps/i2?",
      `${cms}?watch=1&fieldSelector=metadata.name%3Di2&`,
    ]) {
      const watch = await gateway.watch(`${path}timeoutSeconds=1`);
      expect((await take(watch, 1)).map(brief)).toEqual([["ADDED", "i2"]]);
      expect(await watch.next()).toBeUndefined();
    }
  });
});

describe("errors", () => {
  test("a revision in the future is told in the stream with HTTP 200", async () => {
    const watch = await gateway.watch(
      `${cms}?watch=1&resourceVersion=99999999&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
    );
    expect(watch.status).toBe(200);
    const event = await watch.next();
    expect(event).toMatchObject({
      type: "ERROR",
      object: {
        kind: "Status",
        code: 504,
        reason: "Timeout",
        details: { causes: [{ reason: "ResourceVersionTooLarge" }], retryAfterSeconds: 1 },
      },
    });
    expect(event.object.message).toMatch(/^Timeout: Too large resource version: 99999999, current: \d+$/);
    expect(await watch.next()).toBeUndefined();
  });

  test.each([
    ["sendInitialEvents without a match", "sendInitialEvents=true", 422],
    ["a selector that is none", "labelSelector=a%20b", 400],
    ["a timeout that is no number", "timeoutSeconds=x", 400],
  ])("%s is refused before the stream", async (_name, query, status) => {
    expect((await gateway.call(`${cms}?watch=1&${query}`)).status).toBe(status);
  });

  const forbidden = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden";
  test.each([
    ["without resourceVersion", "", `${forbidden} when continue is provided`],
    ["at resourceVersion 0", "&resourceVersion=0", `${forbidden} when continue is provided`],
    [
      "with a match",
      "&resourceVersion=5&resourceVersionMatch=NotOlderThan",
      `[${forbidden} for watch unless sendInitialEvents is provided, ${forbidden} when continue is provided]`,
    ],
  ])("a continue token %s is refused, whatever it says", async (_name, query, problem) => {
    const { json } = await gateway.call(`${cms}?watch=1&continue=abc${query}`);
    expect(json).toMatchObject({
      code: 422,
      reason: "Invalid",
      message: `ListOptions.meta.k8s.io "" is invalid: ${problem}`,
      details: { group: "meta.k8s.io", kind: "ListOptions" },
    });
  });

  test.each([
    ["after a resourceVersion", `${cms}?watch=1&resourceVersion=00&continue=abc`],
    ["on a path that watches by itself", "/api/v1/watch/namespaces/default/configmaps?continue=abc"],
  ])("a continue token %s means nothing", async (_name, path) => {
    const watch = await gateway.watch(`${path}&timeoutSeconds=1`);
    expect(watch.status).toBe(200);
    watch.close();
  });

  test("YAML is not acceptable", async () => {
    const answer = await gateway.call(`${cms}?watch=1`, { headers: { Accept: "application/yaml" } });
    expect(answer.status).toBe(406);
    expect(answer.text).toContain("application/json;stream=watch");
  });
});

test("many watchers of one kind all get the event", { timeout: 60_000 }, async () => {
  const from = await listRevision();
  const watches = await Promise.all(
    Array.from({ length: 200 }, () => gateway.watch(`${cms}?watch=1&resourceVersion=${from}`)),
  );
  await create("fan");
  const events = await Promise.all(watches.map((watch) => watch.next()));
  expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(1);
  for (const watch of watches) watch.close();
  await remove("fan");
});

test("a watcher that does not read does not hold up others", { timeout: 60_000 }, async () => {
  const from = await listRevision();
  const lazy = await gateway.watch(`${cms}?watch=1&resourceVersion=${from}`);
  const quick = await gateway.watch(`${cms}?watch=1&resourceVersion=${from}`);
  const big = "x".repeat(200_000);
  for (let index = 0; index < 40; index++) {
    await gateway.call(cms, { body: { metadata: { name: `big-${index}` }, data: { big } } });
    expect((await quick.next()).object.metadata.name).toBe(`big-${index}`);
  }
  quick.close();
  lazy.close();
  await gateway.call(cms, { method: "DELETE" });
});

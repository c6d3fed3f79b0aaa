import { request } from "node:https";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
const cms = "/api/v1/namespaces/default/configmaps";
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.call(cms, { body: { metadata: { name: "a" }, data: { k: "<v>" } } });
});
afterAll(() => gateway?.stop());

const as = (kind: string, version = "v1") => `application/json;as=${kind};v=${version};g=meta.k8s.io`;
const accept = (Accept: string) => ({ headers: { Accept } });

test("JSON ends with a newline, and is indented for people", async () => {
  const plain = await gateway.call(`${cms}/a`);
  expect(plain.headers["content-type"]).toBe("application/json");
  expect(plain.text.endsWith("}\n")).toBe(true);
  expect(plain.text.indexOf("\n")).toBe(plain.text.length - 1);
  for (const pretty of [
    await gateway.call(`${cms}/a?pretty=true`),
    await gateway.call(`${cms}/a`, { headers: { "User-Agent": "curl/8" } }),
  ]) {
    expect(pretty.text).toContain('\n  "metadata": {');
    expect(pretty.text.endsWith("}")).toBe(true);
    expect(pretty.json).toEqual(plain.json);
  }
  const refused = await gateway.call(`${cms}/a?pretty=false`, { headers: { "User-Agent": "curl/8" } });
  expect(refused.text).toBe(plain.text);
});

test("YAML for objects, lists and errors", async () => {
  const yaml = accept("application/yaml");
  const one = await gateway.call(`${cms}/a`, yaml);
  expect(one.headers["content-type"]).toBe("application/yaml");
  expect(one.text).toMatch(/^apiVersion: v1\ndata:\n {2}k: /);
  expect((await gateway.call(cms, yaml)).text).toContain("kind: ConfigMapList");
  const missing = await gateway.call(`${cms}/none`, yaml);
  expect(missing.status).toBe(404);
  expect(missing.text).toContain("reason: NotFound");
});

test("lists: items without kind, an empty one with an empty array", async () => {
  const { json } = await gateway.call(`${cms}?fieldSelector=metadata.name%3Da`);
  expect(json).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
  expect(Object.keys(json.items[0])).toEqual(["metadata", "data"]);
  const empty = await gateway.call("/api/v1/namespaces/none/configmaps");
  expect(empty.json.items).toEqual([]);
});

test("Tables of lists and of one object", async () => {
  const list = (await gateway.call(cms, accept(`${as("Table")},application/json`))).json;
  expect(list).toMatchObject({
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    columnDefinitions: [
      { name: "Name", type: "string", format: "name", priority: 0, description: expect.any(String) },
      { name: "Data", type: "string", format: "", priority: 0, description: expect.any(String) },
      { name: "Age", type: "string", format: "", priority: 0, description: expect.any(String) },
    ],
  });
  expect(list.rows[0].cells.slice(0, 2)).toEqual(["a", 1]);
  expect(list.rows[0].object).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" });
  const old = (await gateway.call(`${cms}/a`, accept(as("Table", "v1beta1")))).json;
  expect(old.apiVersion).toBe("meta.k8s.io/v1beta1");
  const stored = (await gateway.call(`${cms}/a`)).json;
  expect(old.metadata).toEqual({ resourceVersion: stored.metadata.resourceVersion });
  const object = async (include: string) =>
    (await gateway.call(`${cms}/a?includeObject=${include}`, accept(as("Table")))).json.rows[0].object;
  expect(await object("None")).toBeNull();
  expect(await object("Object")).toEqual(stored);
  const wrong = await gateway.call(`${cms}/a?includeObject=Foo`, accept(as("Table")));
  expect(wrong.json).toMatchObject({
    code: 400,
    message:
      "Unable to convert to Table as requested: includeObject: Invalid value: \"Foo\": must be 'Metadata', 'Object', 'None', or empty",
  });
});

test("a Scale as a Table", async () => {
  const metadata = { name: "t", labels: { a: "b" } };
  const spec = {
    replicas: 2,
    selector: { matchLabels: { a: "b" } },
    template: { metadata, spec: { containers: [{ name: "c", image: "i" }] } },
  };
  const url = "/apis/apps/v1/namespaces/default/replicasets";
  await gateway.call(url, { method: "POST", body: { metadata, spec } });
  const { json } = await gateway.call(`${url}/t/scale`, accept(as("Table")));
  expect(json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
    "Name",
    "Desired",
    "Available",
    "Age",
  ]);
  expect(json.rows[0].cells).toEqual(["t", 2, 0, expect.stringMatching(/^\d+s$/)]);
});

test("errors are never Tables", async () => {
  expect((await gateway.call(`${cms}/none`, accept(as("Table")))).json.kind).toBe("Status");
});

test("metadata alone, for one and for a list", async () => {
  const stored = (await gateway.call(`${cms}/a`)).json;
  const one = (await gateway.call(`${cms}/a`, accept(as("PartialObjectMetadata")))).json;
  expect(one).toEqual({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: stored.metadata });
  const list = await gateway.call(`${cms}?fieldSelector=metadata.name%3Da`, accept(as("PartialObjectMetadataList")));
  expect(list.json).toMatchObject({ kind: "PartialObjectMetadataList", items: [one] });
  const none = await gateway.call("/api/v1/namespaces/none/configmaps", accept(as("PartialObjectMetadataList")));
  expect(none.json.items).toBeNull();
});

test.each([
  ["no known type", "text/html", cms, "406: Not Acceptable"],
  ["a half wildcard", "application/*", cms, "406: Not Acceptable"],
  ["protobuf alone", "application/vnd.kubernetes.protobuf", cms, "only the following media types are accepted"],
  ["an unknown form", as("Foo"), cms, "only the following media types are accepted"],
  [
    "metadata of one, of a list",
    as("PartialObjectMetadata"),
    cms,
    "you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)",
  ],
  [
    "metadata of a list, of one",
    as("PartialObjectMetadataList"),
    `${cms}/a`,
    "you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)",
  ],
])("406: %s", async (_name, type, path, message) => {
  const answer = await gateway.call(path, accept(type));
  expect(answer.status).toBe(406);
  expect(answer.json).toMatchObject({ kind: "Status", reason: "NotAcceptable", code: 406 });
  expect(answer.json.message).toContain(message);
  expect(answer.headers["x-kubernetes-pf-flowschema-uid"]).toBeTruthy();
});

test("long lists: whole, in order, compressed only for those who ask", { timeout: 30_000 }, async () => {
  const path = "/api/v1/namespaces/kube-public/configmaps";
  const filler = "é".repeat(5_000);
  await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      gateway.call(path, { body: { metadata: { name: `l-${String(index).padStart(3, "0")}` }, data: { filler } } }),
    ),
  );
  const plain = await gateway.call(path);
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(Number(plain.headers["content-length"])).toBe(Buffer.byteLength(plain.text));
  const names = plain.json.items.map((item: { metadata: { name: string } }) => item.metadata.name);
  expect(names.filter((name: string) => name.startsWith("l-"))).toHaveLength(100);
  expect(names).toEqual([...names].sort());
  expect(plain.json.items.at(-1).data.filler).toBe(filler);
  const packed = await rawBody(path);
  expect(packed.encoding).toBe("gzip");
  expect(JSON.parse(gunzipSync(packed.body).toString("utf8")).items).toEqual(plain.json.items);
  const small = await rawBody(`${cms}/a`);
  expect(small.encoding).toBeUndefined();
});

/** The body as it came over the wire, by somebody who accepts gzip. */
async function rawBody(path: string): Promise<{ encoding: string | undefined; body: Buffer }> {
  const { port } = gateway.apiserver;
  const token = await adminToken();
  return new Promise((resolve, reject) => {
    const headers = { "Accept-Encoding": "gzip", "User-Agent": "test/1", Authorization: `Bearer ${token}` };
    const call = request({ host: "127.0.0.1", port, path, headers, rejectUnauthorized: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ encoding: response.headers["content-encoding"], body: Buffer.concat(chunks) });
    });
    call.once("error", reject);
    call.end();
  });
}

/** A ServiceAccount's token that may read ConfigMaps: bearer tokens work over the wire, too. */
async function adminToken(): Promise<string> {
  const accounts = "/api/v1/namespaces/default/serviceaccounts";
  await gateway.call(accounts, { body: { metadata: { name: "reader" } } });
  await gateway.call("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: "reader" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", namespace: "default", name: "reader" }],
    },
  });
  const { json, text } = await gateway.call(`${accounts}/reader/token`, { body: { spec: {} } });
  expect(json.status?.token, text).toBeTruthy();
  const review = {
    spec: {
      user: "system:serviceaccount:default:reader",
      resourceAttributes: { verb: "list", resource: "configmaps", namespace: "default" },
    },
  };
  await eventually("the role is known", async () => {
    const answer = await gateway.call("/apis/authorization.k8s.io/v1/subjectaccessreviews", { body: review });
    return answer.json.status?.allowed === true;
  });
  return json.status.token;
}

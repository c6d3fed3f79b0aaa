import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, type CallOptions, startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
const cms = "/api/v1/namespaces/default/configmaps";

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.call(cms, { body: { metadata: { name: "old" }, data: { a: "1" } } });
});
afterAll(() => gateway?.stop());

const json = { "Content-Type": "application/json" };
const merge = { "Content-Type": "application/merge-patch+json" };

interface Row extends CallOptions {
  readonly path?: string;
}

const rows: [name: string, request: Row, status: number, reason: string, message: string][] = [
  [
    "truncated JSON",
    { body: '{"metadata":{"name":"a"},', headers: json },
    400,
    "BadRequest",
    `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"metadata":{"name":"a"},)`,
  ],
  [
    "long truncated JSON",
    { body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},', headers: json },
    400,
    "BadRequest",
    'unexpected end of JSON input ({"apiVersion":"v1","kind":"Con ...)',
  ],
  [
    "an empty body",
    { body: "", headers: json, method: "POST" },
    400,
    "BadRequest",
    "unexpected end of JSON input (<empty>)",
  ],
  [
    "an array",
    { body: "[]", headers: json },
    400,
    "BadRequest",
    "json: cannot unmarshal array into Go value of type struct",
  ],
  [
    "more after the object",
    { body: "{} x", headers: json },
    400,
    "BadRequest",
    "invalid character 'x' after top-level value",
  ],
  [
    "null",
    { body: "null", headers: json },
    422,
    "Invalid",
    "metadata.name: Required value: name or generateName is required",
  ],
  [
    "a wrong type",
    { body: { metadata: { name: "a" }, data: { a: 1 } } },
    400,
    "BadRequest",
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
  [
    "unknown and duplicate fields under Strict",
    {
      path: `${cms}?fieldValidation=Strict`,
      body: '{"metadata":{"name":"a4"},"x":1,"x":2,"data":{"a":"b","a":"c"},"__proto__":{"a":1},"constructor":2}',
      headers: json,
    },
    400,
    "BadRequest",
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error:',
  ],
  ["a name with /", { body: { metadata: { name: "a/b" } } }, 422, "Invalid", 'metadata.name: Invalid value: "a/b"'],
  [
    "an integer that no double holds",
    { body: '{"metadata":{"name":"a","generation":9007199254740993}}', headers: json },
    400,
    "BadRequest",
    "number 9007199254740993 at metadata.generation cannot be represented exactly",
  ],
  [
    "deep nesting",
    { body: `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`, headers: json },
    400,
    "BadRequest",
    "exceeded max depth",
  ],
  [
    "4 MB",
    { body: Buffer.alloc(4_000_000, "a"), headers: json },
    413,
    "RequestEntityTooLarge",
    "Request entity too large: limit is 3145728",
  ],
  [
    "4 MB in chunks",
    { body: Buffer.alloc(4_000_000, "a"), headers: { ...json, "Transfer-Encoding": "chunked" } },
    413,
    "RequestEntityTooLarge",
    "Request entity too large: limit is 3145728",
  ],
  [
    "an unknown media type",
    { body: "x", headers: { "Content-Type": "text/plain" } },
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  ],
  [
    "options of three kinds that are wrong",
    { path: `${cms}?fieldValidation=Foo&dryRun=None`, body: { metadata: { name: "a5" } } },
    422,
    "Invalid",
    'CreateOptions.meta.k8s.io "" is invalid: [dryRun: Unsupported value: ["None"]: supported values: "All", fieldValidation: Unsupported value: "Foo": supported values: "", "Ignore", "Strict", "Warn"]',
  ],
  [
    "YAML with a tab",
    { body: "metadata:\n\tname: a\n", headers: { "Content-Type": "application/yaml" } },
    400,
    "BadRequest",
    "error converting YAML to JSON: yaml: line 2",
  ],
  [
    "YAML that grows without bound",
    {
      body: `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefgh"].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`)}]`).join("\n")}\n`,
      headers: { "Content-Type": "application/yaml" },
    },
    400,
    "BadRequest",
    "json parse error",
  ],
  [
    "a stale resourceVersion",
    { path: `${cms}/old`, method: "PUT", body: { metadata: { name: "old", resourceVersion: "1" } } },
    409,
    "Conflict",
    'Operation cannot be fulfilled on configmaps "old": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [
    "PATCH without a type",
    { path: `${cms}/old`, method: "PATCH", body: "{}" },
    415,
    "UnsupportedMediaType",
    "415: Unsupported Media Type",
  ],
  [
    "PATCH with a list of types",
    {
      path: `${cms}/old`,
      method: "PATCH",
      body: "{}",
      headers: { "Content-Type": "application/strategic-merge-patch+json,x" },
    },
    415,
    "UnsupportedMediaType",
    "accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
  ],
  [
    "a truncated patch",
    { path: `${cms}/old`, method: "PATCH", body: "{", headers: merge },
    400,
    "BadRequest",
    "error decoding patch: unexpected end of JSON input",
  ],
  [
    "a patch of the wrong shape",
    { path: `${cms}/old`, method: "PATCH", body: "[]", headers: merge },
    400,
    "BadRequest",
    "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
  ],
  [
    "force on what is no apply",
    { path: `${cms}/old?force=true`, method: "PATCH", body: "{}", headers: merge },
    422,
    "Invalid",
    "force: Forbidden: may not be specified for non-apply patch",
  ],
  [
    "broken delete options",
    { path: `${cms}/old`, method: "DELETE", body: "{", headers: json },
    400,
    "BadRequest",
    "couldn't get version/kind; json parse error: unexpected end of JSON input",
  ],
  [
    "delete options of another kind",
    { path: `${cms}/old`, method: "DELETE", body: { kind: "Foo" } },
    400,
    "BadRequest",
    'no kind "Foo" is registered for version "meta.k8s.io/v1"',
  ],
  [
    "a grace period that is no number",
    { path: `${cms}/old`, method: "DELETE", body: { gracePeriodSeconds: "x" } },
    400,
    "BadRequest",
    "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
  ],
  [
    "an unknown propagation in the query",
    { path: `${cms}/old?propagationPolicy=Foo`, method: "DELETE" },
    422,
    "Invalid",
    'propagationPolicy: Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil"',
  ],
  [
    "both forms of propagation",
    { path: `${cms}/old?orphanDependents=true&propagationPolicy=Orphan`, method: "DELETE" },
    422,
    "Invalid",
    "orphanDependents and deletionPropagation cannot be both set",
  ],
  [
    "an unknown dryRun",
    { path: `${cms}/old?dryRun=Foo`, method: "DELETE" },
    422,
    "Invalid",
    'dryRun: Unsupported value: ["Foo"]',
  ],
  [
    "a precondition that fails",
    { path: `${cms}/old`, method: "DELETE", body: { preconditions: { uid: "x" } } },
    409,
    "Conflict",
    "the UID in the precondition (x) does not match the UID in record",
  ],
];

test.each(rows)("%s changes nothing", async (_name, request, status, reason, message) => {
  const before = await revision();
  const answer = await gateway.call(request.path ?? cms, request);
  expectStatus(answer, { status, reason, message });
  expect(await revision()).toBe(before);
});

function expectStatus(answer: Answer, expected: { status: number; reason: string; message: string }): void {
  const { status, reason, message } = expected;
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", reason, code: status });
  expect(answer.json.message).toContain(message);
  expect(answer.text.endsWith("}\n")).toBe(true);
}

/** The newest revision of any object. */
const revision = async () => (await gateway.call("/api/v1/configmaps")).json.metadata.resourceVersion as string;

test("without Strict, what is unknown is dropped and warned about, and keys of the prototype are just keys", async () => {
  const answer = await gateway.call(cms, {
    body: '{"metadata":{"name":"a5"},"x":1,"x":2,"data":{"a":"b","a":"c","constructor":"d","__proto__":"e"},"__proto__":{"a":1},"constructor":2}',
    headers: json,
  });
  expect(answer.status).toBe(201);
  const warnings = String(answer.headers.warning).split(", ").sort();
  expect(warnings).toEqual(
    [
      '299 - "unknown field \\"x\\""',
      '299 - "duplicate field \\"data.a\\""',
      '299 - "unknown field \\"__proto__\\""',
      '299 - "unknown field \\"constructor\\""',
    ].sort(),
  );
  expect(answer.text).not.toMatch(/"x":|"constructor":2/);
  expect(answer.text).toContain('"a":"c"');
  const stored = await gateway.call(`${cms}/a5`);
  expect(Object.keys(stored.json)).toEqual(["kind", "apiVersion", "metadata", "data"]);
});

test("a body without a type is JSON; so is one that says its charset", async () => {
  expect((await gateway.call(cms, { body: '{"metadata":{"name":"n1"}}' })).status).toBe(201);
  const headers = { "Content-Type": "application/json; charset=utf-8" };
  expect((await gateway.call(cms, { body: '{"metadata":{"name":"n2"}}', headers })).status).toBe(201);
});

test("YAML bodies are read; a key that stands twice is told with its line", async () => {
  const headers = { "Content-Type": "application/yaml" };
  const body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  on: 'yes'\n  a: b\n  a: c\n";
  const strict = await gateway.call(`${cms}?fieldValidation=Strict`, { body, headers });
  expect(strict.json.message).toContain('line 8: key "a" already set in map');
  const answer = await gateway.call(cms, { body, headers });
  expect(answer.status).toBe(201);
  expect(answer.json.data).toEqual({ on: "yes", a: "c" });
});

test("a client that goes away in the middle of its body leaves nothing behind", async () => {
  const { connect } = await import("node:tls");
  const before = await revision();
  const { port } = gateway.apiserver;
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.write(
    `POST ${cms} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"metadata":`,
  );
  socket.destroy();
  expect((await gateway.call("/livez")).text).toBe("ok");
  expect(await revision()).toBe(before);
});

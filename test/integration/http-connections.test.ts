import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

/** A connection that speaks as it likes, and all that it has been answered. */
async function open(): Promise<{ socket: TLSSocket; received: () => string }> {
  const { ca, cert, key } = loadKubeconfig(gateway.kubeconfig);
  const options = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  const socket = connect({ host: "127.0.0.1", port: gateway.apiserver.port, ...options });
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  await once(socket, "secureConnect");
  return { socket, received: () => text };
}

const get = (path: string, version = "1.1") => `GET ${path} HTTP/${version}\r\nHost: gateway\r\n\r\n`;

const metric = async (name: string) =>
  Number(new RegExp(`^${name} (\\d+)`, "m").exec((await gateway.call("/metrics")).text)?.[1]);

const reads = () => metric('apiserver_current_inflight_requests{request_kind="readOnly"}');
const watchers = () => metric("apiserver_storage_watchers");

test("requests that wait behind a watch on one connection are given up with it", async () => {
  const [readsBefore, watchersBefore] = [await reads(), await watchers()];
  const { socket } = await open();
  socket.write(get("/api/v1/pods?watch=1") + get("/api/v1/pods").repeat(20) + get("/api/v1/nodes?watch=1").repeat(3));
  await eventually("all are being served", async () => {
    return (await reads()) === readsBefore + 20 && (await watchers()) === watchersBefore + 4;
  });
  socket.destroy();
  await eventually("none is any more", async () => {
    return (await reads()) === readsBefore && (await watchers()) === watchersBefore;
  });
});

test("pipelined requests are answered in their order, also behind a watch", async () => {
  const { socket, received } = await open();
  socket.write(get("/version") + get("/api/v1/namespaces?watch=1&timeoutSeconds=1") + get("/livez"));
  await eventually("the last answer", () => received().endsWith("\r\n\r\nok"));
  expect(received()).toMatch(/"gitVersion"[\s\S]*"type":"ADDED"[\s\S]*\r\n0\r\n\r\nHTTP\/1.1 200 OK[\s\S]*ok$/);
  socket.destroy();
});

test("a watch over HTTP/1.0 comes without chunks and ends with the connection", async () => {
  const { socket, received } = await open();
  const ended = once(socket, "close");
  socket.write(get("/api/v1/namespaces?watch=1&timeoutSeconds=1", "1.0"));
  await ended;
  const [head = "", body = ""] = received().split("\r\n\r\n");
  expect(head).not.toMatch(/transfer-encoding/i);
  const lines = body.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).type)).toContain("ADDED");
});

test.each([
  ["what is not HTTP", "GARBAGE\r\n\r\n", 400, /^the request is not valid HTTP\/1.1: Parse Error/],
  ["a header without a colon", "GET /api HTTP/1.1\r\nHost: gateway\r\nbad header\r\n\r\n", 400, /not valid HTTP/],
  [
    "a length that is no number",
    "POST /api HTTP/1.1\r\nHost: gateway\r\nContent-Length: x\r\n\r\n",
    400,
    /not valid HTTP/,
  ],
  [
    "a chunk without a size",
    "POST /api/v1/namespaces HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    400,
    /not valid HTTP/,
  ],
  ["a header of more than a megabyte", `GET /api HTTP/1.1\r\nX: ${"x".repeat(1_100_000)}`, 431, /larger than 1052672/],
])("%s gets a Status, and the connection ends", async (_what, text, code, message) => {
  const { socket, received } = await open();
  const closed = once(socket, "close");
  socket.on("error", () => undefined);
  socket.write(text);
  await closed;
  const [head = "", body = ""] = received().split("\r\n\r\n");
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
  expect(JSON.parse(body)).toMatchObject({
    kind: "Status",
    status: "Failure",
    code,
    message: expect.stringMatching(message),
  });
});

test("what is not HTTP ends a watch on its connection without another answer", async () => {
  const { socket, received } = await open();
  socket.write(get("/api/v1/namespaces?watch=1"));
  await eventually("the watch", () => received().includes('"type":"ADDED"'));
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.write("GARBAGE\r\n\r\n");
  await closed;
  expect(received().match(/HTTP\/1.1/g)).toHaveLength(1);
  expect(received()).not.toContain("Status");
});

test("long selectors and many headers are read, whole", async () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `name-${index}`);
  const selector = encodeURIComponent(`app in (${names.join(",")})`);
  expect(selector.length).toBeGreaterThan(200_000);
  const answer = await gateway.call(`/api/v1/pods?labelSelector=${selector}`);
  expect(answer.status).toBe(200);
  const headers = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`x-${index}`, "y"]));
  const asJane = await gateway.call("/api/v1/nodes", { headers: { ...headers, "impersonate-user": "nobody" } });
  expect(asJane.status).toBe(403);
  expect(asJane.json.message).toContain('User "nobody"');
});

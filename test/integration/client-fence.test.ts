import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { NotLeadingError } from "../../client/not-leading-error.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";

const signal = new AbortController().signal;
const configMap = (name: string) => ({ metadata: { name, namespace: "default" } });
const key = { namespace: "default", name: "c" };

const received: string[] = [];
const unanswered: ServerResponse[] = [];
let server: Server;
let client: RestClient;
let mayWrite = true;

beforeAll(async () => {
  server = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    unanswered.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const beforeWrite = () => {
    if (!mayWrite) throw new NotLeadingError("lost");
  };
  client = createRestClient(
    { server: `http://127.0.0.1:${port}`, userAgent: "fence-test", connections: 1 },
    { clock: realClock, log: silentLogger, beforeWrite },
  );
});
afterAll(async () => {
  await client?.close();
  server?.closeAllConnections();
  server?.close();
});

async function answer(code: number, headers: Record<string, string> = {}): Promise<void> {
  const response = await eventually("a request has come", () => unanswered.shift());
  response.writeHead(code, { "content-type": "application/json", ...headers }).end("{}");
}

test("a write that waits for its turn is held back when the right to write ends meanwhile; reads go on", async () => {
  const sent = client.create(kinds.configMaps, configMap("sent"), { signal });
  const writes = [
    client.create(kinds.configMaps, configMap("queued"), { signal }),
    client.update(kinds.configMaps, configMap("c"), { signal }),
    client.patch(kinds.configMaps, key, { type: "merge", body: {} }, { signal }),
    client.delete(kinds.configMaps, key, { signal }),
    client.deleteCollection(kinds.configMaps, { namespace: "default", signal }),
    client.createSubresource(kinds.pods, key, "binding", {}, { signal }),
    client.raw("POST", "/x", { signal, body: {} }),
  ];
  const outcomes = Promise.allSettled(writes);
  const read = client.get(kinds.configMaps, key, { signal });
  await eventually("the first has arrived", () => unanswered.length === 1);
  mayWrite = false;
  await answer(201);
  await expect(sent).resolves.toEqual({});
  await answer(200);
  await expect(read).resolves.toEqual({});
  for (const outcome of await outcomes) {
    expect(outcome).toEqual({ status: "rejected", reason: expect.objectContaining({ code: "lost" }) });
  }
  expect(received).toEqual([
    "POST /api/v1/namespaces/default/configmaps",
    "GET /api/v1/namespaces/default/configmaps/c",
  ]);
});

test("a write that the server wants again later is not sent again when the right to write has ended", async () => {
  mayWrite = true;
  received.length = 0;
  const write = client.create(kinds.configMaps, configMap("again"), { signal });
  const outcome = expect(write).rejects.toBeInstanceOf(NotLeadingError);
  await eventually("it has arrived", () => unanswered.length === 1);
  mayWrite = false;
  await answer(429, { "retry-after": "0" });
  await outcome;
  expect(received).toHaveLength(1);
});

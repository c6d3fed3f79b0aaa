import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { configMaps } from "../../api/core/v1/config-map.ts";
import { StatusError } from "../../api/status.ts";
import { ConnectionError } from "../../client/connection-error.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

async function serve(handler: Handler) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    handler(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    });
  cleanups.push(close);
  return { url, close, connect: (token?: string) => connect(url, token) };
}

function connect(url: string, token?: string): RestClient {
  const config = { server: url, userAgent: "test/1", ...(token !== undefined && { token }) };
  const client = createRestClient(config, { clock: realClock, log: silentLogger });
  cleanups.push(() => client.close());
  return client;
}

const signal = new AbortController().signal;
const key = { namespace: "default", name: "system:a b" };

describe("rest client", () => {
  test("sends what the API expects", async () => {
    const seen: unknown[] = [];
    const { connect } = await serve((request, response, body) => {
      const { accept, authorization, "content-type": type, "gatehouse-seen-revision": revision } = request.headers;
      seen.push({ line: `${request.method} ${request.url}`, accept, authorization, type, revision, body });
      response.end("{}");
    });
    const client = connect("secret");
    await client.get(configMaps, key, { signal, seenRevision: "12" });
    await client.patch(configMaps, key, { type: "strategic", body: { a: 1 } }, { signal, subresource: "status" });
    await client.delete(configMaps, key, { signal, gracePeriodSeconds: 0, preconditions: { uid: "u" } });
    await client.list(configMaps, { signal, labelSelector: "a in (b)", limit: 5 });
    const path = "/api/v1/namespaces/default/configmaps/system%3Aa%20b";
    const common = { accept: "application/json", authorization: "Bearer secret" };
    expect(seen).toEqual([
      { ...common, line: `GET ${path}`, type: undefined, revision: "12", body: "" },
      {
        ...common,
        line: `PATCH ${path}/status`,
        type: "application/strategic-merge-patch+json",
        revision: undefined,
        body: '{"a":1}',
      },
      {
        ...common,
        line: `DELETE ${path}`,
        type: "application/json",
        revision: undefined,
        body: '{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"preconditions":{"uid":"u"}}',
      },
      {
        ...common,
        line: "GET /api/v1/configmaps?limit=5&labelSelector=a%20in%20(b)",
        type: undefined,
        revision: undefined,
        body: "",
      },
    ]);
  });

  test("connections are used again, after deletions too, and are few", async () => {
    const sockets = new Set<unknown>();
    const { connect } = await serve((request, response) => {
      sockets.add(request.socket);
      response.end("{}");
    });
    const client = connect();
    for (let n = 0; n < 5; n++) {
      await client.get(configMaps, key, { signal });
      await client.delete(configMaps, key, { signal, gracePeriodSeconds: 0 });
      await client.create(configMaps, { metadata: { namespace: "default", name: "x" } }, { signal });
    }
    expect(sockets.size).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 100 }, () => client.get(configMaps, key, { signal })));
    expect(sockets.size).toBeLessThanOrEqual(16);
  });

  test("asks again after 429 and 5xx if told when, and only then", async () => {
    let calls = 0;
    const { connect } = await serve((_request, response) => {
      calls++;
      if (calls === 3) response.end("{}");
      else response.writeHead(calls === 1 ? 429 : 503, { "retry-after": "0" }).end();
    });
    await connect().get(configMaps, key, { signal });
    expect(calls).toBe(3);

    const plain = await serve((_request, response) => response.writeHead(500).end("oops"));
    await expect(plain.connect().get(configMaps, key, { signal })).rejects.toMatchObject({
      code: 500,
      reason: "InternalError",
    });
  });

  test("throws the Status that the server sent", async () => {
    const status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      reason: "Forbidden",
      code: 403,
    };
    const { connect } = await serve((_request, response) => response.writeHead(403).end(JSON.stringify(status)));
    const error = await connect()
      .get(configMaps, key, { signal })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StatusError);
    expect(error).toMatchObject({ status });
  });

  test("tells a server that is not there from one that hung up", async () => {
    const { url, close, connect: open } = await serve((request) => request.socket.destroy());
    await expect(open().get(configMaps, key, { signal })).rejects.toMatchObject({ code: "reset", maybeSent: true });
    await close();
    const error = await connect(url)
      .get(configMaps, key, { signal })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: "refused", maybeSent: false });
  });

  test("an aborted call rejects with the reason, also one that waits to be retried", async () => {
    let calls = 0;
    const { connect } = await serve((_request, response) => {
      if (++calls > 1) response.writeHead(429, { "retry-after": "100" }).end();
    });
    const client = connect();
    for (const expected of [1, 2]) {
      const stop = new AbortController();
      const call = client.get(configMaps, key, { signal: stop.signal });
      const outcome = expect(call).rejects.toThrow("enough");
      await eventually("the call has arrived", () => calls === expected);
      stop.abort(new Error("enough"));
      await outcome;
    }
  });
});

describe("watch", () => {
  const event = (name: string) => `{"type":"ADDED","object":{"metadata":{"name":"${name}"}}}\n`;

  test("events arrive whole however the bytes are cut", async () => {
    const bytes = Buffer.from(event("é") + event("b") + event("c"));
    const { connect } = await serve(async (_request, response) => {
      response.flushHeaders();
      for (let start = 0; start < bytes.length; start += 17) {
        response.write(bytes.subarray(start, start + 17));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end('{"type":"ADDED","obj');
    });
    const names: unknown[] = [];
    for await (const { object } of connect().watch(configMaps, { signal })) names.push(object.metadata?.name);
    expect(names).toEqual(["é", "b", "c"]);
  });

  test("an ERROR event is thrown as its Status", async () => {
    const { connect } = await serve((_request, response) =>
      response.end('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'),
    );
    const watch = connect().watch(configMaps, { signal });
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 410, reason: "Expired" });
  });

  test("a reader that leaves, and one that is aborted, hang up", async () => {
    let open = 0;
    const { connect } = await serve((request, response) => {
      open++;
      request.socket.once("close", () => open--);
      response.write(event("a"));
    });
    const client = connect();
    for await (const _ of client.watch(configMaps, { signal })) break;
    await eventually("the first has hung up", () => open === 0);

    const stop = new AbortController();
    const events = client.watch(configMaps, { signal: stop.signal })[Symbol.asyncIterator]();
    await events.next();
    const next = events.next();
    stop.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await eventually("the second has hung up", () => open === 0);
  });

  test("a slow reader slows the sender", async () => {
    let written = 0;
    const line = event("x".repeat(10_000));
    const { connect } = await serve((_request, response) => {
      const more = () => {
        let goesOn = true;
        while (written < 5_000 && goesOn) {
          goesOn = response.write(line);
          written++;
        }
        if (written === 5_000 && goesOn) response.end();
      };
      response.on("drain", more);
      more();
    });
    const events = connect().watch(configMaps, { signal })[Symbol.asyncIterator]();
    await events.next();
    let before = -1;
    const standsStill = () => {
      const same = before === written;
      before = written;
      return same;
    };
    await eventually("the sender stands still", standsStill, { everyMs: 200 });
    expect(written).toBeLessThan(2_000);
    let read = 1;
    while (!(await events.next()).done) read++;
    expect(read).toBe(5_000);
  });
});

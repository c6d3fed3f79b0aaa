import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import { issueCertificate, type KeyPair } from "../../component-base/certificates.ts";
import { realClock } from "../../component-base/clock.ts";
import { freePorts } from "../../component-base/free-port.ts";
import { type Balancer, startBalancer } from "./balancer.ts";

const host = "127.0.0.1";
const cleanUps: (() => unknown)[] = [];
let ca: KeyPair;
let identity: KeyPair;

beforeAll(async () => {
  const clock = realClock;
  ca = await issueCertificate({ commonName: "ca", usage: "ca", lifetimeDays: 1 }, { clock });
  identity = await issueCertificate(
    { commonName: "server", usage: "server", ipAddresses: [host], lifetimeDays: 1 },
    { issuer: ca, clock },
  );
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A gateway that answers its name, and to `/readyz` what `ready` says. */
class FakeGateway {
  readonly name: string;
  readonly port: number;
  ready: boolean | "slow" | "hangs" = true;
  #server: Server | undefined;

  constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
  }

  async start(): Promise<void> {
    const server = createServer(identity, (request, response) => {
      if (request.url === "/") response.end(this.name);
      else if (request.url === "/livez/ping" && this.ready !== "hangs") response.end("ok");
      else if (typeof this.ready === "boolean") response.writeHead(this.ready ? 200 : 500).end();
    });
    this.#server = server;
    server.listen(this.port, host);
    await once(server, "listening");
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
}

async function start(names: readonly string[], { intervalMs = 150 } = {}) {
  const ports = await freePorts(names.length, { host });
  const gateways = names.map((name, index) => new FakeGateway(name, ports[index]!));
  for (const gateway of gateways) {
    await gateway.start();
    cleanUps.push(() => gateway.stop());
  }
  const lines: string[] = [];
  const balancer = await startBalancer(
    {
      bindAddress: host,
      port: 0,
      backends: gateways.map(({ name, port }) => ({ name, host, port })),
      ca: ca.cert,
      intervalMs,
    },
    { clock: realClock, say: (line) => lines.push(line) },
  );
  cleanUps.push(() => balancer.stop());
  return { balancer, gateways, lines };
}

/** A connection through the balancer that stays open. */
async function open(balancer: Balancer): Promise<{ ask(): Promise<string>; socket: TLSSocket }> {
  const socket = connect({ host, port: balancer.port, ca: ca.cert });
  cleanUps.push(() => socket.destroy());
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  return {
    socket,
    async ask() {
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      const [chunk] = await once(socket, "data");
      return String(chunk).split("\r\n\r\n")[1]!;
    },
  };
}

const whoAnswers = async (balancer: Balancer) => {
  const connection = await open(balancer);
  const name = await connection.ask();
  connection.socket.destroy();
  return name;
};
const readiness = (balancer: Balancer) => balancer.backends().map((backend) => backend.readiness);
const soon = (check: () => unknown) => expect.poll(check, { interval: 5, timeout: 3_000 });

test("new connections go where the fewest are; those that come one after the other take turns", async () => {
  const { balancer } = await start(["a", "b", "c"], { intervalMs: 2_000 });
  const open4 = [await open(balancer), await open(balancer), await open(balancer), await open(balancer)];
  const names = await Promise.all(open4.map((connection) => connection.ask()));
  expect(names.sort()).toEqual(["a", "a", "b", "c"]);
  for (const { socket } of open4) socket.destroy();
  await soon(() => balancer.backends().map((backend) => backend.connections)).toEqual([0, 0, 0]);
  const sequence: string[] = [];
  for (let i = 0; i < 3; i++) sequence.push(await whoAnswers(balancer));
  expect(sequence.sort()).toEqual(["a", "b", "c"]);
});

test("one that ends is passed over at once, and used again when it is back", async () => {
  const { balancer, gateways, lines } = await start(["a", "b"]);
  await gateways[0]!.stop();
  expect([await whoAnswers(balancer), await whoAnswers(balancer)]).toEqual(["b", "b"]);
  await soon(() => readiness(balancer)).toEqual(["refused", "ready"]);
  await gateways[0]!.start();
  await soon(() => readiness(balancer)).toEqual(["ready", "ready"]);
  expect([await whoAnswers(balancer), await whoAnswers(balancer)].sort()).toEqual(["a", "b"]);
  expect(lines).toContainEqual(expect.stringMatching(/^a does not listen/));
  expect(lines.at(-1)).toMatch(/^a is ready/);
});

test.each([
  { name: "says that it is not ready", ready: false },
  { name: "lives, but does not know in time whether it is ready", ready: "slow" },
] as const)("while no gateway is ready, as each $name, all are used and keep their connections", async ({ ready }) => {
  const { balancer, gateways } = await start(["a", "b"]);
  const connections = [await open(balancer), await open(balancer)];
  const names = await Promise.all(connections.map((connection) => connection.ask()));
  for (const gateway of gateways) gateway.ready = ready;
  await soon(() => readiness(balancer)).toEqual(["not-ready", "not-ready"]);
  expect([await whoAnswers(balancer), await whoAnswers(balancer)].sort()).toEqual(["a", "b"]);
  await realClock.sleep(1_200, { signal: new AbortController().signal });
  // Who is ready first does not get the others' clients, which are about to be ready too.
  gateways[1]!.ready = true;
  await soon(() => readiness(balancer)).toEqual(["not-ready", "ready"]);
  gateways[0]!.ready = true;
  await soon(() => readiness(balancer)).toEqual(["ready", "ready"]);
  expect(await Promise.all(connections.map((connection) => connection.ask()))).toEqual(names);
});

test.each([
  { name: "is not ready", ready: false, seen: "not-ready" },
  { name: "does not answer", ready: "hangs", seen: "silent" },
] as const)("one that $name gets no new connections, and after a while its clients go to one that is", async (row) => {
  const { balancer, gateways } = await start(["a", "b"]);
  const connections = [await open(balancer), await open(balancer)];
  const names = await Promise.all(connections.map((connection) => connection.ask()));
  const ofA = connections[names.indexOf("a")]!.socket;
  let closed = false;
  ofA.once("close", () => {
    closed = true;
  });
  gateways[0]!.ready = row.ready;
  await soon(() => readiness(balancer)).toEqual([row.seen, "ready"]);
  expect(closed).toBe(false);
  expect([await whoAnswers(balancer), await whoAnswers(balancer)]).toEqual(["b", "b"]);
  await soon(() => closed).toBe(true);
  expect(await connections[names.indexOf("b")]!.ask()).toBe("b");
});

test("gateways come and go; when none can be reached the caller is told at once", async () => {
  const { balancer, gateways } = await start(["a", "b"], { intervalMs: 2_000 });
  const [first, second] = gateways.map(({ name, port }) => ({ name, host, port }));
  const connection = await open(balancer);
  expect(await connection.ask()).toBe("a");
  balancer.setBackends([second!]);
  expect([await whoAnswers(balancer), await whoAnswers(balancer)]).toEqual(["b", "b"]);
  expect(await connection.ask()).toBe("a");
  balancer.setBackends([first!, second!]);
  expect([await whoAnswers(balancer), await whoAnswers(balancer)].sort()).toEqual(["a", "b"]);
  for (const gateway of gateways) await gateway.stop();
  await expect(open(balancer)).rejects.toThrow(/ECONNRESET|disconnected/);
});

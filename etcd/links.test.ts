import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../component-base/seeded-random.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import type { MemberPlan } from "./config.ts";
import { type ClusterLinks, startClusterLinks } from "./links.ts";

/** Members that are only ports: whoever connects is told which one it is. */
const servers: Server[] = [];
const sockets: Socket[] = [];
let plans: MemberPlan[] = [];
let links: ClusterLinks;

async function listen(greeting: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
    socket.write(greeting);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

async function member(name: string): Promise<MemberPlan> {
  return { name, clientPort: await listen(`${name} client`), peerPort: await listen(`${name} peer`), metricsPort: 0 };
}

beforeEach(async () => {
  plans = [await member("a"), await member("b")];
  links = await startClusterLinks(["gateway"], { clock: new VirtualClock(), random: seededRandom(1) });
  await links.setMembers(plans);
});
afterEach(async () => {
  await links.stop();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** What comes until `ends` matches, or the connection breaks. */
function read(socket: Socket, ends: RegExp): Promise<string> {
  sockets.push(socket);
  let text = "";
  return new Promise((resolve) => {
    socket.on("data", (chunk) => {
      text += chunk.toString();
      if (ends.test(text)) resolve(text);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(`${text}broken`));
  });
}

/** A member calls as its environment says: a peer's port through the proxy. */
function callPeer(from: string, port: number): Promise<string> {
  const proxy = new URL(links.environment(from)["HTTPS_PROXY"] ?? "");
  const credentials = Buffer.from(`${proxy.username}:${proxy.password}`).toString("base64");
  const socket = connect(Number(proxy.port), proxy.hostname);
  socket.write(`CONNECT LOCALHOST:${port} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`);
  return read(socket, /client$|peer$/);
}

function callMember(to: string): Promise<string> {
  return read(connect(Number(new URL(links.clientUrl("gateway", to)).port), "127.0.0.1"), /client$|peer$/);
}

describe("who calls whom", () => {
  test("a member reaches its peer, a gateway each member, each through a link of its own", async () => {
    expect(await callPeer("a", plans[1]!.peerPort)).toMatch(/^HTTP\/1.1 200 .*\r\n\r\nb peer$/);
    expect([await callMember("a"), await callMember("b")]).toEqual(["a client", "b client"]);
  });

  test("a fault is of one direction of calling only", async () => {
    links.setFault("a", "b", { kind: "refuse" });
    links.setFault("gateway", "a", { kind: "refuse" });
    expect(await callPeer("a", plans[1]!.peerPort)).toBe("broken");
    expect(await callPeer("b", plans[0]!.peerPort)).toMatch(/a peer$/);
    expect([await callMember("a"), await callMember("b")]).toEqual(["broken", "b client"]);
    links.setFault("a", "b", { kind: "pass" });
    expect(await callPeer("a", plans[1]!.peerPort)).toMatch(/b peer$/);
  });

  test("a port that is no member's is refused: this is no proxy for others", async () => {
    expect(await callPeer("a", plans[1]!.clientPort)).toBe("broken");
  });
});

test("a member that comes back on other ports has the links of its name; to one that has gone they lead nowhere", async () => {
  const before = links.clientUrl("gateway", "b");
  links.setFault("gateway", "b", { kind: "refuse" });
  links.setFault("a", "b", { kind: "refuse" });
  const moved = await member("b");
  await links.setMembers([]);
  await links.setMembers([moved]);
  expect(links.clientUrl("gateway", "b")).toBe(before);
  expect(await callMember("b")).toBe("broken");
  expect(await callPeer("a", moved.peerPort)).toBe("broken");
  links.setFault("gateway", "b", { kind: "pass" });
  expect(await callMember("b")).toBe("b client");
  expect(() => links.clientUrl("gateway", "a")).toThrow("gateway has no link to a");
  const old = await callMember("b");
  await links.setMembers(plans);
  expect([old, await callMember("b")]).toEqual(["b client", "b client"]);
});

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { LinkFault } from "./link-fault.ts";
import { seededRandom } from "./seeded-random.ts";
import { startTcpRelay, type TcpRelay } from "./tcp-relay.ts";
import { VirtualClock } from "./virtual-clock.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A server that does what `serve` says, behind a relay. */
async function relayTo(serve: (socket: Socket) => void, fault?: LinkFault) {
  const clock = new VirtualClock();
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const target = { host: "127.0.0.1", port };
  const relay = await startTcpRelay({ target, ...(fault && { fault }) }, { clock, random: seededRandom(1) });
  cleanUps.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => relay.stop(),
    () => sockets.map((socket) => socket.destroy()),
  );
  return { relay, clock };
}

async function call(relay: TcpRelay): Promise<{ socket: Socket; received: () => string; closed: Promise<unknown> }> {
  const socket = connect({ host: "127.0.0.1", port: relay.port, allowHalfOpen: true });
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
  });
  await Promise.race([once(socket, "connect").catch(() => undefined), closed]);
  cleanUps.push(() => socket.destroy());
  return { socket, received: () => text, closed };
}

const echo = (socket: Socket) => socket.pipe(socket);
const soon = (check: () => void) => expect.poll(check, { interval: 2, timeout: 2_000 });
const turns = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("pass", () => {
  test("bytes go both ways, and an end is only the end of one direction", async () => {
    const { relay } = await relayTo((socket) => {
      let length = 0;
      socket.on("data", (chunk) => {
        length += chunk.length;
      });
      socket.on("end", () => socket.end(`got ${length}`));
    });
    const { socket, received, closed } = await call(relay);
    socket.end(Buffer.alloc(3_000_000));
    await closed;
    expect(received()).toBe("got 3000000");
    await soon(() => relay.connections).toBe(0);
  });

  test("a reader that does not read stops the writer", async () => {
    let server: Socket | undefined;
    const { relay } = await relayTo((socket) => {
      server = socket.pause();
    });
    const { socket } = await call(relay);
    let written = 0;
    while (written < 64_000_000 && socket.writableLength < 1_000_000) {
      socket.write(Buffer.alloc(64 * 1024));
      written += 64 * 1024;
      await turns();
    }
    expect(written).toBeLessThan(32_000_000);
    server?.resume();
    await soon(() => socket.writableLength).toBe(0);
  });

  test("a target that is not there is a reset, as is one that goes away", async () => {
    const { relay } = await relayTo((socket) => socket.resetAndDestroy());
    await (await call(relay)).closed;
    await soon(() => relay.connections).toBe(0);
  });
});

test("refuse: open connections and new ones are reset until it passes again", async () => {
  const { relay } = await relayTo(echo);
  const before = await call(relay);
  before.socket.write("a");
  await soon(before.received).toBe("a");
  relay.setFault({ kind: "refuse" });
  await before.closed;
  await (await call(relay)).closed;
  relay.setFault({ kind: "pass" });
  const after = await call(relay);
  after.socket.write("b");
  await soon(after.received).toBe("b");
});

test.each([
  { towards: undefined, arrivesThere: "", arrivesBack: "" },
  { towards: "target" as const, arrivesThere: "", arrivesBack: "news" },
  { towards: "caller" as const, arrivesThere: "word", arrivesBack: "" },
])("stall towards $towards: bytes wait, and arrive when it is over", async ({ towards, arrivesThere, arrivesBack }) => {
  let there = "";
  let server: Socket | undefined;
  const { relay } = await relayTo((socket) => {
    server = socket;
    socket.write("hello ");
    socket.on("data", (chunk) => {
      there += chunk.toString();
    });
  });
  const { socket, received } = await call(relay);
  await soon(received).toBe("hello ");
  relay.setFault({ kind: "stall", ...(towards && { towards }) });
  socket.write("word");
  server?.write("news");
  await turns();
  if (arrivesThere !== "") await soon(() => there).toBe(arrivesThere);
  if (arrivesBack !== "") await soon(received).toBe(`hello ${arrivesBack}`);
  expect({ there, back: received() }).toEqual({ there: arrivesThere, back: `hello ${arrivesBack}` });
  const late = await call(relay);
  await turns();
  if (towards !== "target") expect(late.received()).toBe("");
  relay.setFault({ kind: "pass" });
  await soon(() => there).toBe("word");
  await soon(received).toBe("hello news");
  await soon(late.received).toBe("hello ");
});

test("delay: bytes arrive late and in order; what waits arrives at once when it is over", async () => {
  const { relay, clock } = await relayTo(echo, { kind: "delay", delayMs: 100, jitterMs: 80 });
  const { socket, received } = await call(relay);
  for (const word of ["a", "b", "c", "d"]) {
    socket.write(word);
    await turns();
  }
  await clock.advance(19);
  expect(received()).toBe("");
  for (let ms = 0; ms < 400; ms += 10) {
    await clock.advance(10);
    await turns();
  }
  expect(received()).toBe("abcd");
  socket.end("e");
  await turns();
  expect(received()).toBe("abcd");
  relay.setFault({ kind: "pass" });
  await soon(received).toBe("abcde");
  await soon(() => relay.connections).toBe(0);
});

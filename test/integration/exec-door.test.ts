import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { ExecDoor } from "../../kubelet-sim/exec/exec-door.ts";
import type { ContainerView, Program, ProgramCall } from "../../kubelet-sim/exec/program.ts";
import { textFiles } from "../../kubelet-sim/exec/simulated-container.ts";
import { eventually } from "../harness/eventually.ts";

/** What becomes of programs whose clients leave, stall or send too much: on real sockets, with programs made for it. */
let server: Server;
let door: ExecDoor;
let written = 0;
let ended: unknown;

const untilAborted = (call: ProgramCall) =>
  new Promise<number>((_resolve, reject) => {
    call.signal.addEventListener("abort", () => reject(call.signal.reason), { once: true });
  });
const own: Readonly<Record<string, Program>> = {
  async wait(call) {
    ended = undefined;
    await call.stdout.write("waiting");
    return untilAborted(call).catch((reason) => {
      ended = reason;
      throw reason;
    });
  },
  async flood({ stdout }) {
    const piece = Buffer.alloc(64 * 1024, "x");
    for (written = 0; written < 1_000; written++) await stdout.write(piece);
    return 0;
  },
  fail: () => Promise.reject(new Error("broken inside")),
};
const view: ContainerView = { hostname: "box", env: {}, files: textFiles(new Map()), find: (name) => own[name] };

beforeAll(async () => {
  const find = ({ pod }: { pod: string }) => {
    if (pod === "none") return undefined;
    if (pod === "starting") return { kind: "none", problem: 'container not found ("c")' } as const;
    return { kind: "container", view } as const;
  };
  door = new ExecDoor({ find, clock: realClock, log: silentLogger });
  server = createServer().on("upgrade", (request, socket, head) => door.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await door.close();
  server.close();
});

const open = (path: string) =>
  new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, "v5.channel.k8s.io");

/** Its messages, or why it did not open. */
function outcome(path: string): Promise<string> {
  const socket = open(path);
  let text = "";
  socket.on("message", (data: Buffer) => (text += `${data[0]}:${data.subarray(1)}`));
  return new Promise((resolve) => {
    socket.once("close", () => resolve(text));
    socket.once("error", (error) => resolve(error.message));
  });
}

/** Resolves when a number has not changed for a while. */
function standsStill(read: () => number): Promise<boolean> {
  let before = -1;
  const look = () => {
    const now = read();
    const same = now === before;
    before = now;
    return same;
  };
  return eventually("the number stands still", look, { everyMs: 300 });
}

const refusals = [
  { name: "no such Pod", path: "/exec/ns/none/c?command=wait&output=1", answer: "Unexpected server response: 404" },
  { name: "a path that is none", path: "//", answer: "Unexpected server response: 404" },
  { name: "another path", path: "/run/ns/p/c", answer: "Unexpected server response: 404" },
  { name: "a path that cannot be decoded", path: "/exec/ns/%E0%A4%A/c", answer: "Unexpected server response: 404" },
  {
    name: "a container that does not run",
    path: "/exec/ns/starting/c?command=wait&output=1",
    answer: 'container not found (\\"c\\")',
  },
  { name: "no command", path: "/exec/ns/p/c?output=1", answer: "you must specify at least 1 command" },
  { name: "no stream", path: "/exec/ns/p/c?command=wait", answer: "at least 1 of stdin, stdout, stderr" },
  { name: "a program that fails", path: "/exec/ns/p/c?command=fail&output=1", answer: "broken inside" },
] as const;
test.each(refusals)("$name", async ({ path, answer }) => {
  expect(await outcome(path)).toContain(answer);
});

test.each(["terminate", "close"] as const)("a client that leaves (%s) ends its program", async (how) => {
  const socket = open("/exec/ns/p/c?command=wait&output=1");
  await new Promise((resolve) => socket.once("message", resolve));
  socket[how]();
  await eventually("the program knows", () => ended instanceof Error);
});

test("a client that does not read makes the program wait", async () => {
  const socket = open("/exec/ns/p/c?command=flood&output=1");
  await new Promise((resolve) => socket.once("message", resolve));
  socket.pause();
  await standsStill(() => written);
  expect(written).toBeLessThan(500);
  socket.resume();
  await eventually("all of it arrives", () => written === 1_000);
  socket.terminate();
});

test("input that nobody reads makes the client wait, and is no burden", async () => {
  const socket = open("/exec/ns/p/c?command=wait&output=1&input=1");
  await new Promise((resolve) => socket.once("message", resolve));
  const piece = Buffer.alloc(256 * 1024);
  for (let count = 0; count < 100; count++) socket.send(piece);
  await standsStill(() => socket.bufferedAmount);
  expect(socket.bufferedAmount).toBeGreaterThan(10_000_000);
  socket.terminate();
});

test("a message that is too long ends the connection, and nothing else", async () => {
  const socket = open("/exec/ns/p/c?command=wait&output=1&input=1");
  await new Promise((resolve) => socket.once("message", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.send(Buffer.alloc(2 * 1024 * 1024));
  expect(await closed).toBe(1009);
  expect(await outcome("/exec/ns/p/c?command=fail&output=1")).toContain("broken inside");
});

test("closing the door ends what runs", async () => {
  const socket = open("/exec/ns/p/c?command=wait&output=1");
  await new Promise((resolve) => socket.once("message", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await door.close();
  await closed;
  expect(ended).toBeInstanceOf(Error);
});

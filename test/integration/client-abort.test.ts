import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createTransport, type Transport } from "../../client/transport.ts";

let server: Server;
let transport: Transport;
const sockets = new Set<Socket>();

afterEach(async () => {
  await transport.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** A server that accepts connections and never says anything. */
async function silent(scheme: "http" | "https"): Promise<void> {
  server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  transport = createTransport({ server: url }, { connections: 1 });
}

const request = (signal: AbortSignal) => ({ method: "GET", path: "/", headers: {}, signal });

test.each(["request", "stream"] as const)(
  "a %s that still waits for its connection ends when aborted",
  async (method) => {
    await silent("https");
    const { signal, ...controller } = aborting();
    const answer = expect(transport[method](request(signal))).rejects.toThrow("given up");
    await once(server, "connection");
    controller.abort();
    await answer;
  },
  5_000,
);

test("a call that waits for others to be answered ends when aborted", { timeout: 5_000 }, async () => {
  await silent("http");
  const first = transport.request(request(new AbortController().signal)).catch(() => "closed");
  await once(server, "connection");
  const { signal, abort } = aborting();
  const second = expect(transport.request(request(signal))).rejects.toThrow("given up");
  abort();
  await second;
  await transport.close();
  expect(await first).toBe("closed");
});

function aborting() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error("given up")) };
}

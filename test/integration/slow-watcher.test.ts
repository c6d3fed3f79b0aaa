import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import { realClock } from "../../component-base/clock.ts";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

const path = "/api/v1/namespaces/default/configmaps";
/** More than a watcher's buffer of 64 MiB and the buffers of a socket on loopback hold. */
const most = 400;
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

/** A watch whose body nobody reads until somebody does. */
function openUnread(from: string): Promise<IncomingMessage> {
  const { ca, cert, key } = loadKubeconfig(gateway.kubeconfig);
  return new Promise((resolve, reject) => {
    const url = `${gateway.apiserver.url}${path}?watch=true&resourceVersion=${from}`;
    request(url, { ca, cert, key, agent: false }, resolve).once("error", reject).end();
  });
}

/** The complete lines of a body, however it ends. */
async function linesOf(body: IncomingMessage): Promise<string[]> {
  let text = "";
  try {
    for await (const chunk of body) text += String(chunk);
  } catch {
    // Cut off: what came before counts.
  }
  return text.split("\n").slice(0, -1);
}

const metric = async (name: string) =>
  Number(
    new RegExp(`^${name}{[^}]*resource="configmaps"[^}]*} (\\d+)`, "m").exec(
      (await gateway.call("/metrics")).text,
    )?.[1],
  );

test("who does not read is cut off when the buffer is full, misses nothing on coming back, and holds up nobody", async () => {
  const start = (await gateway.call(path)).json.metadata.resourceVersion;
  const unread = await openUnread(start);
  const quick = await gateway.watch(`${path}?watch=true&resourceVersion=${start}`);
  const data = { big: "x".repeat(500_000) };
  const waitsMs: number[] = [];
  let made = 0;
  while (made < most && (await metric("apiserver_terminated_watchers_total")) === 0) {
    await gateway.call(path, { body: { metadata: { name: `big-${made}` }, data } });
    const createdMs = realClock.monotonicMs();
    expect((await quick.next()).object.metadata.name).toBe(`big-${made++}`);
    waitsMs.push(realClock.monotonicMs() - createdMs);
  }
  expect(made).toBeLessThan(most);
  expect(Math.max(...waitsMs)).toBeLessThan(1_000);
  await eventually("its connection is closed", async () => (await metric("apiserver_longrunning_requests")) === 1);

  const seen = (await linesOf(unread)).map((line) => JSON.parse(line).object.metadata);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.length).toBeLessThan(made);
  while (seen.length < made) {
    // Who comes back from far behind may be cut off again, but always further on.
    const resumed = await gateway.watch(`${path}?watch=true&resourceVersion=${seen.at(-1).resourceVersion}`);
    const before = seen.length;
    for (let event = await resumed.next(); event !== undefined; event = await resumed.next()) {
      seen.push(event.object.metadata);
      if (seen.length === made) break;
    }
    resumed.close();
    expect(seen.length).toBeGreaterThan(before);
  }
  expect(seen.map(({ name }) => name)).toEqual(Array.from({ length: made }, (_, index) => `big-${index}`));
  quick.close();
});

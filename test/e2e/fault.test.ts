import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configMaps } from "../../api/core/v1/config-map.ts";
import type { ConfigMap } from "../../api/generated/types.ts";
import { callLauncher } from "../../cli/control-client.ts";
import { dataDir } from "../../cli/data-dir.ts";
import type { FaultWords } from "../../cli/fault/fault-request.ts";
import { cleanUp, fill } from "../../cli/fault/fill.ts";
import { readPlaneFacts } from "../../cli/plane-file.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { WatchStreamEvent } from "../../client/rest-client.ts";
import { createTransport, type HttpResponse, type Transport } from "../../client/transport.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";
import { gatehouse, startPlane, type TestPlane } from "../harness/plane.ts";

const clock = realClock;
let plane: TestPlane;
/** The gateways, asked directly and once: nothing is tried again. */
const gateways = new Map<string, Transport>();

beforeAll(async () => {
  plane = await startPlane({
    flags: [
      ...["--etcd-members=5", "--etcd-topology=stacked", "--apiservers=2", "--faults"],
      ...["--etcd-quota=8MiB", "--etcd-unsafe-no-fsync"],
      ...["--nodes=0", "--schedulers=0", "--controller-managers=0"],
    ],
  });
  const config = loadKubeconfig(plane.kubeconfig);
  for (const { name, url } of readPlaneFacts(dataDir(plane.dataDir)).gateways) {
    gateways.set(name, createTransport({ ...config, server: url }));
  }
});
afterEach(async () => {
  await fault("heal");
  for (const gateway of gateways.keys()) {
    await eventually(`${gateway} is ready`, async () => (await ask(gateway, "GET", "/readyz")) === 200);
  }
});
afterAll(async () => {
  for (const transport of gateways.values()) await transport.close();
  await plane?.destroy();
});

/** As `gatehouse fault WORDS`. @returns what it says */
async function fault(words: string, flags: Partial<FaultWords> = {}): Promise<string> {
  const lines: string[] = [];
  const standard = { delayMs: 100, jitterMs: 0, refuse: false, oneWay: false, keepDown: false };
  const input: FaultWords = { ...standard, ...flags, words: words.split(" ") };
  const options = { say: (line: string) => void lines.push(line), signal: AbortSignal.timeout(30_000) };
  await callLauncher(dataDir(plane.dataDir), "fault", input, options);
  return lines.join("\n");
}

/** @returns the code of the answer */
async function ask(gateway: string, method: string, path: string, body?: unknown): Promise<number> {
  return (await call(gateway, method, path, body)).statusCode;
}

async function call(gateway: string, method: string, path: string, body?: unknown): Promise<HttpResponse> {
  return gateways.get(gateway)!.request({
    method,
    path,
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
}

/** `/gatehouse/v1/etcd/…` */
async function etcd(method: string, what: string): Promise<unknown> {
  const { statusCode, body } = await call("apiserver", method, `/gatehouse/v1/etcd/${what}`);
  if (statusCode !== 200) throw new Error(`${what}: ${body}`);
  return JSON.parse(body.toString());
}

const path = "/api/v1/namespaces/default/configmaps";
const write = (gateway: string, name: string, timeout = "1s") =>
  ask(gateway, "POST", `${path}?timeout=${timeout}`, { metadata: { name, labels: { by: "fault-test" } } });

/** ConfigMaps of this file, as a watch through one gateway tells of them. */
function watchThrough(gateway: string): { readonly names: string[]; stop(): Promise<void> } {
  const url = readPlaneFacts(dataDir(plane.dataDir)).gateways.find(({ name }) => name === gateway)!.url;
  const config = { ...loadKubeconfig(plane.kubeconfig), server: url, userAgent: "fault-test" };
  const client = createRestClient(config, { clock, log: silentLogger });
  const names: string[] = [];
  const over = new AbortController();
  const options = { namespace: "default", labelSelector: "by=fault-test", signal: over.signal };
  const reading = (async () => {
    for await (const { object } of client.watch<ConfigMap>(configMaps, options) as AsyncIterable<
      WatchStreamEvent<ConfigMap>
    >) {
      names.push(object.metadata?.name ?? "");
    }
  })().catch((error: unknown) => {
    if (!over.signal.aborted) names.push(`ended: ${error}`);
  });
  return {
    names,
    async stop() {
      over.abort(new Error("seen enough"));
      await reading;
      await client.close();
    },
  };
}

describe("partition of two members and three", () => {
  test.each([
    { name: "nothing arrives", tag: "silent", refuse: false },
    { name: "connections are refused", tag: "refused", refuse: true },
  ])("$name: the minority refuses, the majority goes on, and they agree again within 5 s", async ({ tag, refuse }) => {
    const acknowledged: string[] = [];
    const refused: string[] = [];
    let count = 0;
    const tryWrite = async (gateway: string, name: string) => {
      const code = await write(gateway, name);
      if (code === 201) acknowledged.push(name);
      // 504 says that nobody knows what became of it.
      else if (code !== 504) refused.push(name);
      return code;
    };
    const goesOn = (gateway: string) =>
      eventually(`${gateway} goes on`, async () => {
        const name = `${tag}-${count++}`;
        return (await tryWrite(gateway, name)) === 201 && name;
      });
    const before = await goesOn("apiserver");
    const watch = watchThrough("apiserver");
    await eventually("the watch", () => watch.names.includes(before));
    expect(await fault("partition etcd-1,etcd-3 / etcd-2,etcd-4,etcd-5", { refuse })).toMatch(
      /^etcd-1, etcd-3, apiserver \(2 of 5: no majority\) \/ etcd-2, etcd-4, etcd-5, apiserver-2 \(3 of 5: a majority\)/,
    );
    for (let i = 0; i < 2; i++) {
      await goesOn("apiserver-2");
      expect([503, 504]).toContain(await tryWrite("apiserver", `${tag}-minority-${i}`));
    }
    expect(await ask("apiserver", "GET", `${path}/${before}?resourceVersion=0`)).toBe(200);

    const healedMs = clock.monotonicMs();
    await fault("heal");
    await goesOn("apiserver");
    expect(clock.monotonicMs() - healedMs).toBeLessThan(5_000);
    await eventually("the same hashes", async () => {
      expect(await etcd("GET", "hash")).toMatchObject({
        agree: true,
        members: Array(5).fill({ hash: expect.any(Number) }),
      });
      return true;
    });
    // Without a new watch, and without a gap: all that was acknowledged, each once.
    await eventually("the watch to be told", () => acknowledged.every((name) => watch.names.includes(name)));
    expect(new Set(watch.names).size).toBe(watch.names.length);
    expect(watch.names.filter((name) => refused.includes(name) || name.startsWith("ended"))).toEqual([]);
    await watch.stop();
  });
});

test("what users of each gateway meet is a line each second; after that all is well again", async () => {
  const words = ["fault", "cut", "etcd-1", "--for", "3s", "--data-dir", plane.dataDir];
  const lines = (await gatehouse(words)).stdout.trim().split("\n");
  expect(lines[0]).toBe("all links of etcd-1: nothing arrives");
  expect(lines.at(-2)).toMatch(/apiserver: writes (wait|refused|fail).* \| apiserver-2: writes/);
  expect(lines.at(-1)).toBe("over: all links of etcd-1: nothing arrives");
});

test("slow links to a gateway's member make its requests slow, and no others", async () => {
  const took = async (gateway: string, name: string) => {
    const startedMs = clock.monotonicMs();
    expect(await write(gateway, name, "10s")).toBe(201);
    return clock.monotonicMs() - startedMs;
  };
  await fault("slow apiserver etcd-1", { delayMs: 500, jitterMs: 50 });
  expect(await took("apiserver", "slow-1")).toBeGreaterThan(900);
  expect(await took("apiserver-2", "slow-2")).toBeLessThan(900);
  expect(await fault("list")).toMatch(/apiserver ↔ etcd-1: everything arrives 500 ms late/);
  await fault("heal");
  expect(await took("apiserver", "slow-3")).toBeLessThan(900);
});

test("two members down: writes go on; a third: none; one back: again", async () => {
  await fault("kill etcd-4 etcd-5", { keepDown: true });
  await eventually("writes go on", async () => (await write("apiserver", "down-1")) !== 504);
  await fault("pause etcd-3");
  await eventually("no majority", async () => (await write("apiserver", `down-${clock.now()}`)) >= 500);
  await fault("resume etcd-3");
  await eventually("a majority", async () => (await write("apiserver", `down-${clock.now()}`)) === 201);
  expect(await fault("heal")).toMatch(/etcd-4 is up again/);
});

test("a paused gateway: the balancer's clients are served by the other one", async () => {
  await fault("pause apiserver");
  const config = loadKubeconfig(plane.kubeconfig);
  const balanced = createTransport(config, { callTimeoutMs: 1_000 });
  const once = () =>
    balanced.request({ method: "GET", path: `${path}?limit=1`, headers: {}, signal: AbortSignal.timeout(1_000) });
  await eventually("three answers in a row", async () => {
    for (let i = 0; i < 3; i++) expect((await once()).statusCode).toBe(200);
    return true;
  });
  await balanced.close();
  await fault("resume apiserver");
  await eventually("it goes on", async () => (await ask("apiserver", "GET", "/readyz")) === 200);
});

test("no space left: writes are refused, reads fine; after cleaning, compacting and defragmenting it goes on", async () => {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const access = { kubeconfig: plane.kubeconfig, say, clock, signal: AbortSignal.timeout(60_000) };
  await fill(access);
  expect(lines.join()).toMatch(/writes are refused: 507/);
  expect(await write("apiserver", "full-1")).toBe(507);
  expect(await ask("apiserver", "GET", `${path}?limit=1`)).toBe(200);
  expect(JSON.stringify(await etcd("GET", "alarms"))).toContain(`"alarm":"NOSPACE"`);
  expect(await cleanUp(access)).toBeGreaterThan(3);
  await etcd("POST", "compact");
  await etcd("POST", "defrag");
  await etcd("DELETE", "alarms");
  expect(await write("apiserver", "full-2")).toBe(201);
});

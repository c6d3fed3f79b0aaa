import { connect, createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { eventually } from "../harness/eventually.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";

const { signal } = new AbortController();
let etcd: TestEtcd;
let balancer: { readonly url: string; readonly server: Server };
const planes: TestPlane[] = [];

beforeAll(async () => {
  etcd = await startTestEtcd({ members: 3 });
  balancer = await startBalancerOf(etcd.clientUrls);
});
afterAll(async () => {
  await Promise.all(planes.map((plane) => plane.destroy()));
  balancer?.server.close();
  await etcd?.stop();
});

/** What users put in front of their etcd: one address, a member in turn for each connection, the next when one is down. */
async function startBalancerOf(urls: readonly string[]): Promise<{ url: string; server: Server }> {
  let turn = 0;
  const server = createServer((caller) => {
    const reach = (tries: number) => {
      const { port } = new URL(urls[turn++ % urls.length] ?? "");
      const member = connect(Number(port), "127.0.0.1");
      member.once("error", () => (tries > 1 ? reach(tries - 1) : caller.destroy()));
      member.once("connect", () => {
        caller.pipe(member).pipe(caller);
        caller.once("close", () => member.destroy());
        member.once("close", () => caller.destroy());
      });
    };
    caller.on("error", () => caller.destroy());
    reach(urls.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `https://127.0.0.1:${address.port}`, server };
}

test("a plane on all URLs of a cluster, and one on the URL of a balancer, outlive a member", async () => {
  const ways = { all: etcd.clientUrls.join(","), balanced: balancer.url };
  const { ca, cert, key } = etcd.gateway;
  const files = [`--etcd-cafile=${ca}`, `--etcd-certfile=${cert}`, `--etcd-keyfile=${key}`];
  const started = await Promise.all(
    Object.entries(ways).map(([name, servers]) =>
      startPlane({
        flags: ["--single-process", "--nodes=0", `--etcd-prefix=/${name}`, `--etcd-servers=${servers}`, ...files],
      }),
    ),
  );
  planes.push(...started);
  process.kill(etcd.etcd.members[0]?.pid ?? 0, "SIGKILL");
  for (const plane of started) {
    const config = { ...loadKubeconfig(plane.kubeconfig), userAgent: "test" };
    const client = createRestClient(config, { clock: realClock, log: silentLogger });
    let tries = 0;
    const write = async () => {
      // A name of its own each time: a try whose outcome is unknown may have made its object.
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `after-${tries++}` } };
      return (await client.create(kinds.configMaps, object, { namespace: "default", signal })).metadata?.name;
    };
    const name = await eventually("a write is accepted", write, { timeoutMs: 20_000 });
    const { items } = await client.list(kinds.configMaps, { namespace: "default", signal });
    expect(items.map(({ metadata }) => metadata?.name)).toContain(name);
    await client.close();
  }
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { followPods } from "../harness/bindings.ts";
import { eventually } from "../harness/eventually.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";

const replicas = 200;
const signal = new AbortController().signal;

/** Kills one process in the middle of creating 200 Pods: exactly the wanted Pods must exist in the end. */
describe("kill -9 while 200 Pods are created", () => {
  let plane: TestPlane;
  let client: RestClient;

  beforeAll(async () => {
    plane = await startPlane();
    const config = { ...loadKubeconfig(plane.kubeconfig), userAgent: "crash-test" };
    client = createRestClient(config, { clock: realClock, log: silentLogger });
  });
  afterAll(async () => {
    await client?.close();
    await plane?.destroy();
  });

  test.each([
    ["apiserver", /dist\/apiserver\/main/],
    ["scheduler", /dist\/scheduler\/main/],
    ["controller", /dist\/controller\/main/],
    ["etcd", /(^|\/)etcd /],
  ] as const)("%s", async (name, pattern) => {
    const namespace = `crash-${name}`;
    await client.create(
      kinds.namespaces,
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      { signal },
    );
    const acknowledged = new Map<string, string>();
    const seen = followPods(client, namespace);

    const labels = { app: name };
    await client.create(
      kinds.deployments,
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace },
        spec: {
          replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx:1" }] } },
        },
      },
      { namespace, signal },
    );
    const podCount = async () => (await client.list(kinds.pods, { namespace, signal })).items.length;
    await eventually("some Pods exist", async () => (await podCount()) >= 30, { timeoutMs: 30_000, everyMs: 10 });
    const writing = writeConfigMaps(client, namespace, acknowledged);
    const victims = plane.pids(pattern);
    expect(victims.length).toBeGreaterThan(0);
    for (const pid of victims) process.kill(pid, "SIGKILL");

    await eventually(
      "all Pods are Running",
      async () => {
        const pods = (await client.list(kinds.pods, { namespace, signal })).items;
        return pods.length === replicas && pods.every((pod) => pod.status?.phase === "Running");
      },
      { timeoutMs: 90_000, everyMs: 200 },
    );
    await writing;
    const running = (await client.list(kinds.pods, { namespace, signal })).items;
    const bindings = (): (number | undefined)[] =>
      running.map(({ metadata }) => seen.nodes.get(metadata?.uid ?? "")?.size);
    await eventually("every binding was seen", () => bindings().every((count) => count), { timeoutMs: 10_000 });
    await seen.stop();
    // A create whose answer was cut off may be made good by another Pod; the surplus one goes, perhaps before it is bound.
    for (const [pod, nodes] of seen.nodes) expect(nodes.size, `${pod} bound to ${[...nodes]}`).toBeLessThan(2);
    expect(bindings()).toEqual(running.map(() => 1));
    const stored = (await client.list(kinds.configMaps, { namespace, signal })).items;
    const uids = new Set(stored.map((item) => item.metadata?.uid));
    for (const [uid, configMap] of acknowledged) expect(uids.has(uid), `${configMap} was acknowledged`).toBe(true);
    await client.delete(kinds.namespaces, { namespace: "", name: namespace }, { signal });
  });
});

/** Creates 100 ConfigMaps, going on after failures; notes the uids of those that were acknowledged. */
async function writeConfigMaps(
  client: RestClient,
  namespace: string,
  acknowledged: Map<string, string>,
): Promise<void> {
  for (let index = 0; index < 100; index++) {
    const name = `c-${index}`;
    try {
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
      const created = await client.create(kinds.configMaps, body, { namespace, signal });
      acknowledged.set(created.metadata?.uid ?? "", name);
    } catch {
      await realClock.sleep(20, { signal }); // refused or cut off: only what was acknowledged counts
    }
  }
}

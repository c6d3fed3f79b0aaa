import { expect, test } from "vitest";
import { realClock } from "../../component-base/clock.ts";
import type { RobustCluster } from "./cluster.ts";
import { HttpClient } from "./http.ts";
import { namespaces, pods } from "./objects.ts";
import { type Done, plants, startMiddlemen } from "./planted.ts";
import { run } from "./run.ts";

/** The suite is itself under test: gateways that lie, one lie of each kind, and every one must be found out. */
test("every lie of a gateway is found out", { timeout: 120_000 }, async () => {
  const done: Done[] = [];
  const all = plants(done);
  const { violations } = await run({
    seed: 11,
    durationMs: 30_000,
    until: () => done.length === all.length,
    ratePerSecond: 120,
    faults: false,
    podsMs: 0,
    registers: 6,
    say: () => undefined,
    between: async (cluster) => {
      const middlemen = await startMiddlemen(cluster, all);
      const creating = createPods(cluster, () => done.length === all.length);
      return {
        doors: middlemen.doors,
        async stop() {
          await creating;
          await middlemen.stop();
        },
      };
    },
  });
  expect(done.map(({ plant }) => plant).sort()).toEqual(all.map(({ name }) => name).sort());
  const texts = violations.map(({ check, text }) => `${check}: ${text}`);
  for (const { plant, about } of done) {
    const found = texts.some((text) => text.includes(about));
    expect(found, `${plant}: nothing about "${about}" in\n${texts.join("\n")}`).toBe(true);
  }
});

/** A Pod on a node now and then, past all lies, as soon as the namespace is there. */
async function createPods(cluster: RobustCluster, isOver: () => boolean): Promise<void> {
  const http = new HttpClient({ ca: cluster.pki.ca, pair: cluster.admin });
  const port = cluster.gateways[0]!.port;
  const create = (path: string, body: unknown) => http.ask({ method: "POST", port, path, body, timeoutMs: 5_000 });
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "p-" },
    spec: { nodeName: "node-1", containers: [{ name: "c", image: "nginx:1" }] },
  };
  const signal = AbortSignal.timeout(30_000);
  while (!isOver() && !signal.aborted) {
    await create(`/api/v1/namespaces/${namespaces.pods}/serviceaccounts`, account);
    await create(pods.path, pod);
    await realClock.sleep(300, { signal }).catch(() => undefined);
  }
  http.close();
}

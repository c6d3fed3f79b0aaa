import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { followPods } from "../harness/bindings.ts";
import { eventually } from "../harness/eventually.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";

const signal = new AbortController().signal;
const namespace = "default";
const leaseDurationMs = 3_000;
const retryPeriodMs = 400;
let plane: TestPlane;
let client: RestClient;

beforeAll(async () => {
  plane = await startPlane({
    flags: [
      ...["--schedulers", "2", "--controller-managers", "2"],
      ...["--leader-elect-lease-duration", `${leaseDurationMs}ms`],
      ...["--leader-elect-renew-deadline", "2s", "--leader-elect-retry-period", `${retryPeriodMs}ms`],
    ],
  });
  const config = { ...loadKubeconfig(plane.kubeconfig), userAgent: "failover-test" };
  client = createRestClient(config, { clock: realClock, log: silentLogger });
});
afterAll(async () => {
  await client?.close();
  await plane?.destroy();
});

const leaseOf = (name: string) => client.get(kinds.leases, { namespace: "kube-system", name }, { signal });

/** The process that a Lease names: its log tells its identity, its pid file who it is. */
async function leader(lease: string, component: string): Promise<{ pid: number; identity: string }> {
  return eventually(`${component} has a leader`, async () => {
    const identity = (await leaseOf(lease)).spec?.holderIdentity ?? "";
    for (const instance of [component, `${component}-2`]) {
      if (identity === "" || !readFileSync(join(plane.dataDir, "logs", `${instance}.log`), "utf8").includes(identity)) {
        continue;
      }
      const { pid } = JSON.parse(readFileSync(join(plane.dataDir, "run", `${instance}.pid`), "utf8")) as {
        pid: number;
      };
      return { pid, identity };
    }
    return undefined;
  });
}

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: "c", image: "nginx:1" }] },
});

test("when both leaders are killed the others take over within the lease duration, and repeat nothing", async () => {
  await eventually("the namespace can be used", () =>
    client.get(kinds.serviceAccounts, { namespace, name: "default" }, { signal }),
  );
  const leaders = {
    "kube-scheduler": await leader("kube-scheduler", "scheduler"),
    "kube-controller-manager": await leader("kube-controller-manager", "controller"),
  };
  const seen = followPods(client, namespace);

  const killedMs = realClock.monotonicMs();
  for (const { pid } of Object.values(leaders)) process.kill(pid, "SIGKILL");
  for (let index = 0; index < 30; index++) {
    await client.create(
      kinds.pods,
      { ...template("bare"), metadata: { name: `bare-${index}` } },
      { namespace, signal },
    );
  }
  const spec = { replicas: 30, selector: { matchLabels: { app: "web" } }, template: template("web") };
  await client.create(kinds.deployments, { metadata: { name: "web" }, spec }, { namespace, signal });

  for (const [name, { identity }] of Object.entries(leaders)) {
    await eventually(`${name} has another leader`, async () => {
      const holder = (await leaseOf(name)).spec?.holderIdentity;
      return holder !== undefined && holder !== identity;
    });
    expect((await leaseOf(name)).spec?.leaseTransitions).toBe(1);
  }
  // A standby notices at its next attempt after the lease has run out: retryPeriod and up to 1.2 times that more.
  expect(realClock.monotonicMs() - killedMs).toBeLessThan(leaseDurationMs + 2.2 * retryPeriodMs + 1_000);

  await eventually(
    "all Pods are Running",
    async () => {
      const { items } = await client.list(kinds.pods, { namespace, signal });
      return items.length === 60 && items.every((pod) => pod.status?.phase === "Running");
    },
    { timeoutMs: 15_000 },
  );
  await seen.stop();
  expect(seen.nodes.size, "no Pod was made and taken back").toBe(60);
  for (const [pod, nodes] of seen.nodes) expect([...nodes], `${pod} was bound once`).toHaveLength(1);
});

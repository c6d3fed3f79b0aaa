import { afterAll, beforeAll, expect, test } from "vitest";
import type { Node, Pod } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { nameOf } from "../../api/meta.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import type { Running } from "../../component-base/running.ts";
import { startKubeletSim } from "../../kubelet-sim/start.ts";
import { startScheduler } from "../../scheduler/start.ts";
import { type ControllerBench, deployment, soon, startControllerBench } from "../harness/controllers.ts";
import { quorumOf } from "../harness/quorum.ts";

const deps = { clock: realClock, log: silentLogger };
const graceMs = 3_000;
let bench: ControllerBench;
const loops: Running[] = [];
beforeAll(async () => {
  bench = await startControllerBench();
  const { kubeconfig } = bench.gateway;
  await bench.startControllers({ nodeMonitorPeriodMs: 200, nodeMonitorGracePeriodMs: graceMs, rootCaFile: undefined });
  loops.push(await startKubeletSim({ kubeconfig, nodes: 2, leaseRenewIntervalMs: 500 }, deps));
  loops.push(await startScheduler({ kubeconfig }, deps));
});
afterAll(async () => {
  for (const loop of loops.reverse()) await loop.stop();
  await bench?.stop();
});

const isReady = ({ status }: Node | Pod) =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

const uids = (pods: readonly Pod[]) => pods.map(({ metadata, status }) => [metadata?.uid, status?.containerStatuses]);

async function renewTimes(): Promise<string[]> {
  const { items } = await bench.client.list(kinds.leases, { namespace: "kube-node-lease", signal: bench.signal });
  return items.map(({ spec }) => spec?.renewTime ?? "");
}

async function reasons(): Promise<string[]> {
  const { items } = await bench.client.list(kinds.events, { signal: bench.signal });
  return items.map(({ reason }) => reason ?? "");
}

test("an etcd that does not serve for longer than nodes may be silent: nothing is restarted, evicted or called failed", async () => {
  const { client, signal, gateway } = bench;
  const namespace = await bench.namespace("outage");
  await client.create(kinds.deployments, deployment("web", namespace, 3), { signal });
  const before = await soon("three ready Pods", async () => {
    const pods = await bench.pods(namespace);
    return pods.length === 3 && pods.every(isReady) && pods;
  });
  const [leases, events] = [await renewTimes(), await reasons()];
  const quorum = quorumOf(gateway.etcd);
  const { user, system } = process.cpuUsage();
  const startMs = realClock.monotonicMs();
  quorum.pause(...gateway.etcd.clientUrls);
  await soon("health to say so", async () => (await gateway.call("/readyz")).status === 500);
  await realClock.sleep(2 * graceMs, { signal });
  const cpu = process.cpuUsage({ user, system });
  const busy = (cpu.user + cpu.system) / 1000 / (realClock.monotonicMs() - startMs);
  quorum.close();

  await soon("every node to be heard again", async () => {
    const now = await renewTimes();
    return now.length === 2 && now.every((time, i) => time > (leases[i] ?? ""));
  });
  expect(busy).toBeLessThan(0.5);
  await realClock.sleep(1_000, { signal });
  expect(uids(await bench.pods(namespace))).toEqual(uids(before));
  expect((await bench.pods(namespace)).every(isReady)).toBe(true);
  const { items: nodes } = await client.list(kinds.nodes, { signal });
  expect(nodes.map((node) => [nameOf(node), isReady(node), node.spec?.taints])).toEqual([
    ["node-0", true, undefined],
    ["node-1", true, undefined],
  ]);
  const later = (await reasons()).slice(events.length);
  expect(later.filter((reason) => /NotReady|Kill|Evict|Fail|BackOff|Taint/.test(reason))).toEqual([]);
  // And work goes on.
  const scaled = deployment("more", namespace, 2);
  await client.create(kinds.deployments, scaled, { signal });
  await soon("two more ready Pods", async () => (await bench.pods(namespace)).filter(isReady).length === 5);
});

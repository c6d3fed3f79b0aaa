import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { type ControllerBench, deployment, rolledOut, soon, startControllerBench } from "../harness/controllers.ts";

let bench: ControllerBench;
let endKubelet: () => Promise<void>;

beforeAll(async () => {
  bench = await startControllerBench();
  endKubelet = await bench.startKubelet();
});
afterAll(async () => {
  await endKubelet();
  await bench.stop();
});

/** Everything that the controllers have written about, with its revision. */
async function revisions(namespace: string) {
  const lists = await Promise.all(
    [kinds.deployments, kinds.replicaSets, kinds.pods, kinds.configMaps, kinds.serviceAccounts].map((kind) =>
      bench.client.list(kind, { namespace, signal: bench.signal }),
    ),
  );
  return lists
    .flatMap(({ items }) => items.map(({ metadata }) => `${metadata?.name} ${metadata?.resourceVersion}`))
    .sort();
}

test("controllers that go away in the middle of creating Pods leave neither too few nor too many", async () => {
  const namespace = await bench.namespace("burst");
  const big = deployment("big", namespace, 200);
  const first = await bench.startControllers();
  await bench.client.create(kinds.deployments, big, { signal: bench.signal });
  await soon("some Pods, not all", async () => (await bench.pods(namespace)).length >= 7, { everyMs: 1 });
  await first.stop();
  expect((await bench.pods(namespace)).length).toBeLessThan(200);

  const second = await bench.startControllers();
  await soon("all Pods are available", () => rolledOut(bench, big));
  const pods = await bench.pods(namespace);
  expect(pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined)).toHaveLength(200);
  expect((await bench.client.list(kinds.replicaSets, { namespace, signal: bench.signal })).items).toHaveLength(1);
  await second.stop();
});

test("a new process writes nothing about a world that is as it should be", async () => {
  const namespace = await bench.namespace("settled");
  const first = await bench.startControllers();
  const web = deployment("web", namespace, 2);
  await bench.client.create(kinds.deployments, web, { signal: bench.signal });
  await soon("rolled out", () => rolledOut(bench, web));
  await first.stop();
  const before = await revisions(namespace);

  const second = await bench.startControllers();
  // Whatever the new process wants to write about the old namespace is written before it is done with this one.
  const other = deployment("web", await bench.namespace("barrier"), 2);
  await bench.client.create(kinds.deployments, other, { signal: bench.signal });
  await soon("the other is rolled out", () => rolledOut(bench, other));
  expect(await revisions(namespace)).toEqual(before);
  await second.stop();
});

test("of two processes one works, and the other takes over when it is stopped", async () => {
  const election = {
    leaderElect: true,
    leaderElectLeaseDurationMs: 3_000,
    leaderElectRenewDeadlineMs: 2_000,
    leaderElectRetryPeriodMs: 200,
  };
  const leader = async () => {
    const key = { namespace: "kube-system", name: "kube-controller-manager" };
    const { spec } = await bench.client.get(kinds.leases, key, { signal: bench.signal });
    return spec?.holderIdentity;
  };
  const first = await bench.startControllers(election);
  const holder = await soon("one leads", leader);
  await bench.startControllers(election);
  await first.stop();
  await soon("the other leads", async () => {
    const current = (await leader()) ?? "";
    return current !== "" && current !== holder;
  });
  const web = deployment("web", await bench.namespace("handover"), 1);
  await bench.client.create(kinds.deployments, web, { signal: bench.signal });
  await soon("rolled out", () => rolledOut(bench, web));
});

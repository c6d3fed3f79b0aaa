import { afterAll, beforeAll, expect, test } from "vitest";
import type { Deployment } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf } from "../../api/meta.ts";
import { type ControllerBench, deployment, rolledOut, soon, startControllerBench } from "../harness/controllers.ts";

const revision = "deployment.kubernetes.io/revision";

let bench: ControllerBench;
let endKubelet: () => Promise<void>;

beforeAll(async () => {
  bench = await startControllerBench();
  endKubelet = await bench.startKubelet();
  await bench.startControllers();
});
afterAll(async () => {
  await endKubelet();
  await bench.stop();
});

const replicaSets = async (namespace: string) =>
  (await bench.client.list(kinds.replicaSets, { namespace, signal: bench.signal })).items.map((replicaSet) => ({
    image: replicaSet.spec?.template?.spec?.containers[0]?.image,
    replicas: replicaSet.spec?.replicas,
    revision: replicaSet.metadata?.annotations?.[revision],
    uid: replicaSet.metadata?.uid,
  }));

async function create(wanted: Deployment): Promise<Deployment> {
  await bench.client.create(kinds.deployments, wanted, { signal: bench.signal });
  return await soon("the Deployment is rolled out", () => rolledOut(bench, wanted));
}

const setImage = (of: Deployment, image: string) =>
  bench.client.patch(
    kinds.deployments,
    keyOf(of),
    { type: "strategic", body: { spec: { template: { spec: { containers: [{ name: "c", image }] } } } } },
    { signal: bench.signal },
  );

test("rolls out, rolls over and rolls back, keeping history", async () => {
  const namespace = await bench.namespace("rollout");
  const web = deployment("web", namespace, 3);
  const first = await create(web);
  expect(first.metadata?.annotations?.[revision]).toBe("1");
  expect(first.status?.conditions?.map(({ type, reason }) => `${type} ${reason}`).sort()).toEqual([
    "Available MinimumReplicasAvailable",
    "Progressing NewReplicaSetAvailable",
  ]);

  await setImage(web, "nginx:2");
  await soon("the new image is rolled out", () => rolledOut(bench, web));
  expect((await replicaSets(namespace)).map(({ uid: _uid, ...rest }) => rest)).toEqual(
    expect.arrayContaining([
      { image: "nginx:1", replicas: 0, revision: "1" },
      { image: "nginx:2", replicas: 3, revision: "2" },
    ]),
  );

  await setImage(web, "nginx:1");
  const back = await soon("the old image is back", () => rolledOut(bench, web));
  expect(back.metadata?.annotations?.[revision]).toBe("3");
  const after = await replicaSets(namespace);
  expect(after).toHaveLength(2);
  expect(after.find(({ image }) => image === "nginx:1")).toMatchObject({ replicas: 3, revision: "3" });
});

test("scales by events that say so, and only once each", async () => {
  const namespace = await bench.namespace("scale");
  const web = deployment("web", namespace, 2);
  await create(web);
  const patch = { type: "merge", body: { spec: { replicas: 4 } } } as const;
  await bench.client.patch(kinds.deployments, keyOf(web), patch, { signal: bench.signal });
  await soon("4 replicas", async () => ((await rolledOut(bench, web))?.spec?.replicas === 4 ? true : undefined));
  const messages = await soon("both events", async () => {
    const { items } = await bench.client.list(kinds.events, { namespace, signal: bench.signal });
    const scaling = items.filter(({ reason }) => reason === "ScalingReplicaSet").map(({ message }) => message);
    return scaling.length >= 2 ? scaling : undefined;
  });
  expect(messages.map((message) => message?.replace(/web-\S+/, "RS")).sort()).toEqual([
    "Scaled up replica set RS from 0 to 2",
    "Scaled up replica set RS from 2 to 4",
  ]);
});

test("Recreate never runs two templates at once", async () => {
  const namespace = await bench.namespace("recreate");
  const web = deployment("web", namespace, 2);
  if (web.spec !== undefined) web.spec.strategy = { type: "Recreate" };
  await create(web);
  await setImage(web, "nginx:2");
  let together = false;
  await soon("the new image is rolled out", async () => {
    const active = (await bench.pods(namespace)).filter((pod) => pod.metadata?.deletionTimestamp === undefined);
    together ||= new Set(active.map((pod) => pod.spec?.containers[0]?.image)).size > 1;
    return rolledOut(bench, web);
  });
  expect(together).toBe(false);
});

test("a Deployment deleted with its children orphaned gives them to its successor", async () => {
  const namespace = await bench.namespace("orphans");
  const web = deployment("web", namespace, 2);
  await create(web);
  const podsBefore = (await bench.pods(namespace)).map((pod) => pod.metadata?.uid).sort();
  const [before] = await replicaSets(namespace);
  await bench.client.delete(kinds.deployments, keyOf(web), { signal: bench.signal, propagationPolicy: "Orphan" });
  await soon("the Deployment has gone", async () => {
    const { items } = await bench.client.list(kinds.deployments, { namespace, signal: bench.signal });
    return items.length === 0;
  });
  await create(web);
  expect((await replicaSets(namespace)).map(({ uid }) => uid)).toEqual([before?.uid]);
  expect((await bench.pods(namespace)).map((pod) => pod.metadata?.uid).sort()).toEqual(podsBefore);
});

test.each(["Background", "Foreground"] as const)("a %s deletion leaves nothing", async (propagationPolicy) => {
  const namespace = await bench.namespace(`cascade-${propagationPolicy.toLowerCase()}`);
  const web = deployment("web", namespace, 2);
  await create(web);
  await bench.client.delete(kinds.deployments, keyOf(web), { signal: bench.signal, propagationPolicy });
  await soon("all have gone", async () => {
    const left = await Promise.all([
      bench.client.list(kinds.deployments, { namespace, signal: bench.signal }),
      bench.client.list(kinds.replicaSets, { namespace, signal: bench.signal }),
      bench.client.list(kinds.pods, { namespace, signal: bench.signal }),
    ]);
    return left.every(({ items }) => items.length === 0);
  });
});

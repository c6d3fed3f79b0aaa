import { afterAll, beforeAll, expect, test } from "vitest";
import type { Deployment, Pod, ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { StatusError } from "../../api/status.ts";
import type { EtcdStatusAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { ConnectionError } from "../../client/connection-error.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import type { ProcessInfo } from "../../component-base/process-table.ts";
import { seededRandom } from "../../component-base/seeded-random.ts";
import { followPods } from "../harness/bindings.ts";
import { eventually } from "../harness/eventually.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";
import { killAndAwaitRestart, processesOf } from "../harness/processes.ts";

const seed = Number(process.env["GATEHOUSE_SEED"] ?? 5);
const kills = Number(process.env["GATEHOUSE_KILLS"] ?? 20);
const wanted = 100;
const options = { timeout: 60_000 + kills * 10_000 };
const namespace = "default";
const signal = new AbortController().signal;
let plane: TestPlane;
let client: RestClient;

beforeAll(async () => {
  plane = await startPlane({
    flags: [
      ...["--etcd-members", "3", "--apiservers", "2", "--schedulers", "2", "--controller-managers", "2"],
      ...["--leader-elect-lease-duration", "4s", "--leader-elect-renew-deadline", "3s"],
      ...["--leader-elect-retry-period", "500ms"],
    ],
  });
  const config = { ...loadKubeconfig(plane.kubeconfig), userAgent: "random-kills-test" };
  client = createRestClient(config, { clock: realClock, log: silentLogger });
});
afterAll(async () => {
  await client?.close();
  await plane?.destroy();
});

test(
  `${kills} random kills while a Deployment is scaled up and down leave exactly what is wanted (seed ${seed})`,
  options,
  async () => {
    const random = seededRandom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    await eventually("the namespace can be used", () =>
      client.get(kinds.serviceAccounts, { namespace, name: "default" }, { signal }),
    );
    const seen = followPods(client, namespace);
    const labels = { app: "web" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx:1" }] } };
    const spec = { replicas: wanted, selector: { matchLabels: labels }, template };
    await client.create(kinds.deployments, { metadata: { name: "web" }, spec }, { namespace, signal });

    const ended = new AbortController();
    const scaling = scaleUpAndDown(ended.signal);
    const story: string[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await realClock.sleep(random() * 500, { signal });
      // Rows first, so that members of etcd and gateways are hit as often as loops.
      const row = pick(["etcd", "apiserver", "scheduler", "controller"] as const);
      const victim = pick((await allRunning()).filter((process) => process.row === row));
      story.push(victim.name);
      await killAndAwaitRestart(plane, victim);
      if (row === "etcd") await eventually("all members follow the leader", etcdMayLoseOne, { timeoutMs: 30_000 });
    }
    ended.abort();
    await scaling;
    await scale(wanted);

    const state = async () => {
      const pods = (await client.list(kinds.pods, { namespace, signal })).items;
      const sets = (await client.list(kinds.replicaSets, { namespace, signal })).items;
      const deployment = await client.get(kinds.deployments, { namespace, name: "web" }, { signal });
      return { pods, sets, deployment };
    };
    const told = `seed ${seed}, killed: ${story.join(" ")}`;
    const { pods, sets } = await eventually(
      `exactly ${wanted} Pods are Running (${told})`,
      async () => {
        const now = await state();
        return isSettled(now) ? now : undefined;
      },
      { timeoutMs: 60_000, everyMs: 200 },
    );
    expect(sets, told).toHaveLength(1);
    const uids = pods.map((pod) => pod.metadata?.uid ?? "");
    await eventually("every binding was seen", () => uids.every((uid) => seen.nodes.get(uid)?.size));
    await seen.stop();
    for (const [pod, nodes] of seen.nodes) {
      expect(nodes.size, `${pod} bound to ${[...nodes].join(", ")} (${told})`).toBeLessThan(2);
    }
    for (const pod of pods)
      expect(pod.metadata?.ownerReferences?.map(({ uid }) => uid)).toEqual([sets[0]?.metadata?.uid]);
    // Whoever leads now has nothing left to put right.
    await realClock.sleep(1_000, { signal });
    const later = (await state()).pods;
    const more = later.filter((pod) => !uids.includes(pod.metadata?.uid ?? ""));
    const ending = later.filter((pod) => pod.metadata?.deletionTimestamp !== undefined);
    expect({ pods: later.length, more: more.length, ending: ending.length }, told).toEqual({
      pods: wanted,
      more: 0,
      ending: 0,
    });
  },
);

/** Both controllers have seen what is asked for now, and every Pod of it is there to stay. */
function isSettled(now: {
  readonly pods: readonly Pod[];
  readonly sets: readonly ReplicaSet[];
  readonly deployment: Deployment;
}): boolean {
  const isCurrent = ({ metadata, spec, status }: Deployment | ReplicaSet) =>
    spec?.replicas === wanted &&
    status?.readyReplicas === wanted &&
    (status.observedGeneration ?? 0) === (metadata?.generation ?? 0);
  return (
    [now.deployment, ...now.sets].every(isCurrent) &&
    now.pods.length === wanted &&
    now.pods.every(({ metadata, status }) => status?.phase === "Running" && metadata?.deletionTimestamp === undefined)
  );
}

/** One process is killed at a time; others may have ended by themselves, a leader that could not renew for instance. */
function allRunning(): Promise<readonly ProcessInfo[]> {
  return eventually(
    "all processes run",
    async () => {
      const processes = await processesOf(plane);
      return processes.every(({ state }) => state === "running") && processes;
    },
    { timeoutMs: 30_000 },
  );
}

async function etcdMayLoseOne(): Promise<boolean> {
  const answer = await client.raw("GET", "/gatehouse/v1/etcd/status", { signal });
  return (answer as EtcdStatusAnswer).cluster.mayStillLose === 1;
}

/** To 40 and back to all, until the signal is aborted. */
async function scaleUpAndDown(stop: AbortSignal): Promise<void> {
  for (let replicas = 40; !stop.aborted; replicas = replicas === wanted ? 40 : wanted) {
    await scale(replicas);
    await realClock.sleep(1_500, { signal: stop }).catch(() => undefined);
  }
}

/** Until it is acknowledged: gateways and etcd come and go. */
async function scale(replicas: number): Promise<void> {
  await eventually(
    `scaled to ${replicas}`,
    async () => {
      const patch = { type: "merge", body: { spec: { replicas } } } as const;
      try {
        const deployment = await client.patch(kinds.deployments, { namespace, name: "web" }, patch, { signal });
        return deployment.spec?.replicas === replicas;
      } catch (error) {
        if (error instanceof ConnectionError || (error instanceof StatusError && error.code >= 500)) return false;
        throw error;
      }
    },
    { timeoutMs: 30_000 },
  );
}

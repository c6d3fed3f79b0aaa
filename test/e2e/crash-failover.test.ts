import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pod } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { ListCallOptions, RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { followPods } from "../harness/bindings.ts";
import { eventually } from "../harness/eventually.ts";
import { gatehouse, startPlane, type TestPlane } from "../harness/plane.ts";

const signal = new AbortController().signal;
const namespace = "default";
const leaseDurationMs = 3_000;
const renewDeadlineMs = 2_000;
const retryPeriodMs = 400;
/** What the attempts themselves may take. */
const busyMachineMs = 6_000;
/** A lease may have to run out first. */
const patient = { timeoutMs: 30_000 };
const loops = { "kube-scheduler": "scheduler", "kube-controller-manager": "controller" } as const;
let plane: TestPlane;
let client: RestClient;

beforeAll(async () => {
  plane = await startPlane({
    flags: [
      ...["--nodes", "5", "--schedulers", "2", "--controller-managers", "2"],
      ...["--leader-elect-lease-duration", `${leaseDurationMs}ms`],
      ...["--leader-elect-renew-deadline", `${renewDeadlineMs}ms`],
      ...["--leader-elect-retry-period", `${retryPeriodMs}ms`],
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

interface Leader {
  /** `scheduler`, or `scheduler-2`. */
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
}

function pidOf(instance: string): number {
  const file = join(plane.dataDir, "run", `${instance}.pid`);
  return (JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid;
}

/** The process that a Lease names: its log tells its identity, its pid file who it is. */
async function leader(lease: string, options: { after?: string } = {}): Promise<Leader> {
  const component = loops[lease as keyof typeof loops];
  return eventually(
    `${component} has a leader`,
    async () => {
      const identity = (await leaseOf(lease)).spec?.holderIdentity ?? "";
      for (const instance of [component, `${component}-2`]) {
        if (
          identity === "" ||
          identity === options.after ||
          !readFileSync(join(plane.dataDir, "logs", `${instance}.log`), "utf8").includes(identity)
        ) {
          continue;
        }
        return { name: instance, pid: pidOf(instance), identity };
      }
      return undefined;
    },
    patient,
  );
}

/** Of both loops. */
async function leaders(options: { after?: readonly Leader[] } = {}): Promise<Leader[]> {
  const asked = Object.keys(loops).map((lease, index) => {
    const after = options.after?.[index]?.identity;
    return leader(lease, after === undefined ? {} : { after });
  });
  return Promise.all(asked);
}

async function areRunning(count: number, selector: ListCallOptions): Promise<boolean> {
  const { items } = await client.list(kinds.pods, selector);
  return items.length === count && items.every((pod) => pod.status?.phase === "Running");
}

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: "c", image: "nginx:1" }] },
});

test("when both leaders are killed the others take over within the lease duration, and repeat nothing", async () => {
  await eventually("the namespace can be used", () =>
    client.get(kinds.serviceAccounts, { namespace, name: "default" }, { signal }),
  );
  const first = await leaders();
  const seen = followPods(client, namespace);

  const killedMs = realClock.monotonicMs();
  for (const { pid } of first) process.kill(pid, "SIGKILL");
  for (let index = 0; index < 30; index++) {
    await client.create(
      kinds.pods,
      { ...template("bare"), metadata: { name: `bare-${index}` } },
      { namespace, signal },
    );
  }
  const spec = { replicas: 30, selector: { matchLabels: { app: "web" } }, template: template("web") };
  await client.create(kinds.deployments, { metadata: { name: "web" }, spec }, { namespace, signal });

  const second = await leaders({ after: first });
  for (const name of Object.keys(loops)) expect((await leaseOf(name)).spec?.leaseTransitions).toBe(1);
  // A standby notices at its next attempt after the lease has run out: retryPeriod and up to 1.2 times that more.
  const tookMs = realClock.monotonicMs() - killedMs;
  expect(tookMs).toBeLessThan(leaseDurationMs + 2.2 * retryPeriodMs + busyMachineMs);

  await eventually("all Pods are Running", () => areRunning(60, { namespace, signal }), patient);
  await seen.stop();
  expect(seen.nodes.size, "no Pod was made and taken back").toBe(60);
  for (const [pod, nodes] of seen.nodes) expect([...nodes], `${pod} was bound once`).toHaveLength(1);
  await eventually("every election was told", async () => {
    const { items } = await client.list(kinds.events, { namespace: "kube-system", signal });
    const told = items.filter((event) => event.reason === "LeaderElection").map((event) => event.message);
    return [...first, ...second].every(({ identity }) => told.includes(`${identity} became leader`));
  });
});

const isGone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test("a leader that was paused until another led ends itself when it goes on, and writes nothing", async () => {
  const old = await leaders();
  for (const { pid } of old) process.kill(pid, "SIGSTOP");
  const told = JSON.parse((await gatehouse(["leaders", "-o", "json", "--data-dir", plane.dataDir])).stdout) as {
    candidates: { name: string; role: string; paused: boolean }[];
  }[];
  for (const [index, { name }] of old.entries()) {
    expect(told[index]?.candidates).toContainEqual(expect.objectContaining({ name, role: "leader", paused: true }));
  }
  const next = await leaders({ after: old });

  // There is work that nobody else does: whatever is done now, the old leaders did.
  for (const { pid } of next) process.kill(pid, "SIGSTOP");
  const spec = { replicas: 10, selector: { matchLabels: { app: "late" } }, template: template("late") };
  await client.create(kinds.deployments, { metadata: { name: "late" }, spec }, { namespace, signal });
  const { metadata, spec: podSpec } = template("late");
  const bare = Array.from({ length: 20 }, (_, index) => ({
    metadata: { ...metadata, name: `late-${index}` },
    spec: podSpec,
  }));
  await Promise.all(bare.map((pod) => client.create(kinds.pods, pod, { namespace, signal })));
  for (const { pid } of old) process.kill(pid, "SIGCONT");
  await eventually("the old leaders have ended", () => old.every(({ pid }) => isGone(pid)));
  const selector = { namespace, labelSelector: "app=late", signal };
  expect((await client.list(kinds.replicaSets, selector)).items, "made by an old leader").toEqual([]);
  const { items: waiting } = await client.list(kinds.pods, selector);
  expect(waiting).toHaveLength(20);
  for (const pod of waiting) {
    expect(pod.spec?.nodeName, `${pod.metadata?.name} was bound by an old leader`).toBeUndefined();
    expect(pod.status?.conditions ?? []).toEqual([]);
  }
  for (const { pid } of next) process.kill(pid, "SIGCONT");

  await eventually("all Pods are Running", () => areRunning(30, selector), patient);
  for (const { name, identity } of old) {
    expect(plane.output()).toMatch(new RegExp(`${name} ended .*leaderelection lost.*starting it again`));
    expect(next.map((one) => one.identity)).not.toContain(identity);
  }
});

test("leaders that were paused in the middle of their work send nothing of what they had still to send", async () => {
  const old = await leaders();
  const standbys = old.map(({ name }) => pidOf(name.endsWith("-2") ? name.slice(0, -2) : `${name}-2`));
  for (const pid of standbys) process.kill(pid, "SIGSTOP");
  const spec = { replicas: 150, selector: { matchLabels: { app: "half" } }, template: template("half") };
  await client.create(kinds.deployments, { metadata: { name: "half" }, spec }, { namespace, signal });
  const selector = { namespace, labelSelector: "app=half", signal };
  const pods = async () => (await client.list(kinds.pods, selector)).items;
  const isBound = (pod: Pod) => pod.spec?.nodeName !== undefined;
  await eventually("some Pods are bound", async () => (await pods()).filter(isBound).length > 10, { everyMs: 5 });
  for (const { pid } of old) process.kill(pid, "SIGSTOP");
  const pausedMs = realClock.monotonicMs();

  // What was on its way arrives while they stand still.
  await eventually("their deadline has passed", () => realClock.monotonicMs() - pausedMs > renewDeadlineMs);
  const before = await pods();
  expect(before.length, "they were stopped too late").toBeLessThan(150);
  for (const { pid } of old) process.kill(pid, "SIGCONT");
  await eventually("the old leaders have ended", () => old.every(({ pid }) => isGone(pid)));
  const after = await pods();
  expect(after.length).toBe(before.length);
  expect(after.filter(isBound).length).toBe(before.filter(isBound).length);

  for (const pid of standbys) process.kill(pid, "SIGCONT");
  await leaders({ after: old });
  await eventually("all Pods are Running", () => areRunning(150, selector), patient);
});

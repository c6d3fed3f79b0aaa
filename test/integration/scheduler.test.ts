import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { EventsV1Event, Pod, PodCondition, PodSpec } from "../../api/generated/types.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { type RunningScheduler, type SchedulerSettings, startScheduler } from "../../scheduler/start.ts";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
let scheduler: RunningScheduler;
const api = "/api/v1/namespaces/default";

const start = (settings: Partial<SchedulerSettings> = {}) =>
  startScheduler({ kubeconfig: gateway.kubeconfig, ...settings }, { clock: realClock, log: silentLogger });

beforeAll(async () => {
  gateway = await startGateway();
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await gateway.call(`${api}/serviceaccounts`, { method: "POST", body: account });
  for (const [name, value, preemptionPolicy] of [
    ["high", 1000, "PreemptLowerPriority"],
    ["high-never", 1000, "Never"],
  ] as const) {
    const body = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
      preemptionPolicy,
    };
    await post("/apis/scheduling.k8s.io/v1/priorityclasses", body);
  }
  scheduler = await start();
});

afterAll(async () => {
  await scheduler?.stop();
  await gateway?.stop();
});

async function post(path: string, body: unknown): Promise<void> {
  const answer = await gateway.call(path, { method: "POST", body });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
}

async function patch(path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/merge-patch+json" };
  const answer = await gateway.call(path, { method: "PATCH", body: JSON.stringify(body), headers });
  if (answer.status !== 200) throw new Error(`PATCH ${path}: ${answer.status} ${answer.text}`);
}

async function makeNode(name: string, pods = "250"): Promise<void> {
  const size = { cpu: "16", memory: "64Gi", pods };
  const metadata = { name, labels: { "kubernetes.io/hostname": name } };
  await post("/api/v1/nodes", {
    apiVersion: "v1",
    kind: "Node",
    metadata,
    status: { capacity: size, allocatable: size },
  });
  // Admission holds new nodes back until a controller has seen them ready; a node that reports nothing gets its size here.
  await patch(`/api/v1/nodes/${name}`, { spec: { taints: null } });
  await patch(`/api/v1/nodes/${name}/status`, { status: { capacity: size, allocatable: size } });
}

async function makePod(
  name: string,
  spec: Partial<PodSpec> = {},
  requests: Record<string, string> = {},
): Promise<void> {
  const container = { name: "c", image: "x", resources: { requests, limits: extended(requests) } };
  await post(`${api}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [container], ...spec },
  });
}

/** Extended resources need a limit equal to the request. */
const extended = (requests: Record<string, string>) =>
  Object.fromEntries(Object.entries(requests).filter(([name]) => name.includes("/")));

const getPod = async (name: string): Promise<Pod> => (await gateway.call(`${api}/pods/${name}`)).json;
const listPods = async (): Promise<Pod[]> => (await gateway.call(`${api}/pods`)).json.items;

async function eventsAbout(name: string): Promise<EventsV1Event[]> {
  const { json } = await gateway.call("/apis/events.k8s.io/v1/namespaces/default/events");
  return json.items.filter((event: EventsV1Event) => event.regarding?.name === name);
}

const boundTo = (name: string) =>
  eventually(`${name} has a node`, async () => (await getPod(name)).spec?.nodeName, { timeoutMs: 10_000 });

const condition = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === "PodScheduled");

/** Its PodScheduled condition, once that says why it has no node: what is expected, or what it says after a while. */
async function failure(name: string, message: string): Promise<PodCondition | undefined> {
  const says = async () => {
    const found = condition(await getPod(name));
    return found?.status === "False" && found.message === message ? found : undefined;
  };
  return eventually(`${name} is told why`, says).catch(async () => condition(await getPod(name)));
}

afterEach(async () => {
  await gateway.call(`${api}/pods`, { method: "DELETE", body: { gracePeriodSeconds: 0 } });
  const { json } = await gateway.call("/api/v1/nodes");
  for (const { metadata } of json.items) await gateway.call(`/api/v1/nodes/${metadata.name}`, { method: "DELETE" });
});

test("200 Pods at once: each bound once, none beyond a node's room, each with its event", {
  timeout: 30_000,
}, async () => {
  for (const name of ["a-0", "a-1"]) await makeNode(name, "90");
  await makeNode("a-2", "20");
  await Promise.all(Array.from({ length: 200 }, (_, i) => makePod(`many-${i}`)));
  const pods = await eventually(
    "all have nodes",
    async () => {
      const all = await listPods();
      return all.filter((pod) => pod.spec?.nodeName).length === 200 ? all : undefined;
    },
    { timeoutMs: 20_000 },
  );
  expect(["a-0", "a-1", "a-2"].map((node) => pods.filter((pod) => pod.spec?.nodeName === node).length)).toEqual([
    90, 90, 20,
  ]);
  expect(condition(pods[0]!)).toMatchObject({ status: "True" });
  const [event] = await eventually(
    "the event is there",
    async () => {
      const events = await eventsAbout("many-7");
      return events.length > 0 ? events : undefined;
    },
    { timeoutMs: 10_000 },
  );
  const node = (await getPod("many-7")).spec?.nodeName;
  expect(event).toMatchObject({
    type: "Normal",
    reason: "Scheduled",
    action: "Binding",
    note: `Successfully assigned default/many-7 to ${node}`,
    reportingController: "default-scheduler",
  });
  expect(scheduler.records.of({ namespace: "default", name: "many-7" })[0]?.outcome).toMatchObject({
    kind: "placed",
    nodeName: node,
  });
});

/** Texts that kube-scheduler 1.36.3 gave for the same Pods on the same three nodes. */
const victims =
  "no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
const unhelpful =
  "no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
const pinnedTo = (name: string): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }],
      },
    },
  },
});
const hostPort: Partial<PodSpec> = {
  containers: [{ name: "c", image: "x", ports: [{ containerPort: 80, hostPort: 8080 }] }],
};
const failures: readonly { name: string; spec?: Partial<PodSpec>; requests?: Record<string, string>; want: string }[] =
  [
    {
      name: "too-big",
      requests: { cpu: "100", memory: "1Ti" },
      want: `3 Insufficient cpu, 3 Insufficient memory. ${unhelpful}`,
    },
    {
      name: "selector",
      spec: { nodeSelector: { disk: "ssd" } },
      want: `3 node(s) didn't match Pod's node affinity/selector. ${unhelpful}`,
    },
    { name: "full", requests: { cpu: "10" }, want: `3 Insufficient cpu. ${victims}` },
    { name: "port", spec: hostPort, want: `3 node(s) didn't have free ports for the requested pod ports. ${victims}` },
    {
      name: "never",
      spec: { priorityClassName: "high-never" },
      requests: { cpu: "10" },
      want: "3 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
    },
    {
      name: "pin",
      spec: pinnedTo("b-1"),
      requests: { cpu: "10" },
      want: "1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
    },
    {
      name: "pin-missing",
      spec: pinnedTo("b-99"),
      requests: { cpu: "1" },
      want: `3 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${unhelpful}`,
    },
    {
      name: "extended",
      requests: { cpu: "10", "example.com/gpu": "1" },
      want: `3 Insufficient cpu, 3 Insufficient example.com/gpu. ${unhelpful}`,
    },
  ];

test("a Pod that fits nowhere is told why in Kubernetes' words; room made by preemption is its own", {
  timeout: 40_000,
}, async () => {
  for (const i of [0, 1, 2]) {
    await makeNode(`b-${i}`);
    await makePod(`fill-${i}`, { nodeSelector: { "kubernetes.io/hostname": `b-${i}` }, ...hostPortWith("10") });
    await boundTo(`fill-${i}`);
  }
  for (const { name, spec, requests } of failures) await makePod(name, spec, requests);
  for (const { name, want } of failures) {
    const message = `0/3 nodes are available: ${want}`;
    const found = await failure(name, message);
    expect(found, name).toMatchObject({
      reason: "Unschedulable",
      message,
      observedGeneration: 1,
    });
    const [event] = await eventually(
      "the event is there",
      async () => {
        const events = await eventsAbout(name);
        return events.length > 0 ? events : undefined;
      },
      { timeoutMs: 10_000 },
    );
    expect(event, name).toMatchObject({
      type: "Warning",
      reason: "FailedScheduling",
      action: "Scheduling",
      note: message,
    });
  }
  const before = await getPod("full");
  await patch("/api/v1/nodes/b-0", { metadata: { annotations: { nothing: "new" } } });

  await makePod("preemptor", { priorityClassName: "high" }, { cpu: "10" });
  const node = await boundTo("preemptor");
  const victim = `fill-${node.slice(-1)}`;
  const [preempted] = (await eventsAbout(victim)).filter((event) => event.reason === "Preempted");
  expect(preempted).toMatchObject({
    type: "Normal",
    action: "Preempting",
    note: `Preempted by pod ${(await getPod("preemptor")).metadata?.uid} on node ${node}`,
  });
  expect((await gateway.call(`${api}/pods/${victim}`)).status).toBe(404);
  expect(condition(await getPod("full"))?.lastTransitionTime).toBe(condition(before)?.lastTransitionTime);
});

function hostPortWith(cpu: string): Partial<PodSpec> {
  const [container] = hostPort.containers ?? [];
  return { containers: [{ ...container!, resources: { requests: { cpu } } }] };
}

test("a Pod waits for its gates, and then for a node", { timeout: 20_000 }, async () => {
  await makePod("gated", { schedulingGates: [{ name: "example.com/g" }] });
  await patch(`${api}/pods/gated`, { spec: { schedulingGates: null } });
  const nowhere = "no nodes available to schedule pods";
  expect(await failure("gated", nowhere)).toMatchObject({ reason: "Unschedulable", message: nowhere });
  await makeNode("c-0");
  expect(await boundTo("gated")).toBe("c-0");
});

test("two schedulers without election bind every Pod once; one that comes after a stop goes on", {
  timeout: 40_000,
}, async () => {
  await makeNode("d-0");
  const second = await start();
  await Promise.all(Array.from({ length: 100 }, (_, i) => makePod(`raced-${i}`)));
  const allBound = () =>
    eventually(
      "all have nodes",
      async () => ((await listPods()).every((pod) => pod.spec?.nodeName) ? true : undefined),
      { timeoutMs: 20_000 },
    );
  await allBound();
  await Promise.all([second.stop(), scheduler.stop()]);
  await Promise.all(Array.from({ length: 20 }, (_, i) => makePod(`later-${i}`)));
  scheduler = await start();
  await allBound();
});

test("with election one schedules, and a standby takes over from a leader that stops", {
  timeout: 40_000,
}, async () => {
  await scheduler.stop();
  await makeNode("e-0");
  const election = {
    leaderElect: true,
    leaderElectLeaseDurationMs: 3000,
    leaderElectRenewDeadlineMs: 2000,
    leaderElectRetryPeriodMs: 200,
  };
  const first = await start(election);
  await makePod("led");
  await boundTo("led");
  const standby = await start(election);
  await first.stop();
  await makePod("taken-over");
  expect(await boundTo("taken-over")).toBe("e-0");
  await standby.stop();
  scheduler = await start();
});

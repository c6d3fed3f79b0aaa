import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { realClock } from "../../component-base/clock.ts";
import { eventually } from "../harness/eventually.ts";
import { type Answer, type GatewayDoor, type OpenWatch, startGateway, type TestGateway } from "../harness/gateway.ts";
import { type Quorum, quorumOf } from "../harness/quorum.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

let gateway: TestGateway;
let quorum: Quorum;
beforeAll(async () => {
  gateway = await startGateway({ members: 3, heartbeatIntervalMs: 50, electionTimeoutMs: 500 });
  quorum = quorumOf(gateway.etcd);
});
// Whatever a test came to, the next one begins with all members.
afterEach(() => quorum?.resume());
afterAll(async () => {
  quorum?.close();
  await gateway?.stop();
});

function create(name: string, door: GatewayDoor = gateway): Promise<Answer> {
  return door.call(configMaps, { body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name } } });
}

interface Timed {
  readonly answer: Answer;
  readonly tookMs: number;
}

async function timed(asking: Promise<Answer>): Promise<Timed> {
  const startMs = realClock.monotonicMs();
  const answer = await asking;
  return { answer, tookMs: realClock.monotonicMs() - startMs };
}

/** Reads a watch on; `seen` grows by `TYPE name`. */
function follow(watch: OpenWatch): { seen: string[] } {
  const seen: string[] = [];
  const read = async () => {
    for (let event = await watch.next(); event !== undefined; event = await watch.next()) {
      seen.push(`${event.type} ${event.object.metadata.name}`);
    }
  };
  read().catch(() => undefined);
  return { seen };
}

const failedCheck = async (path: string) =>
  (await gateway.call(`${path}?verbose`)).text.includes("[-]etcd failed: reason withheld");

test("without a majority: refused in time what needs one, served what does not, and nothing appears that was refused", async () => {
  for (const name of ["before", "changes", "goes"]) expect((await create(name)).status).toBe(201);
  const revision = (await gateway.call(configMaps)).json.metadata.resourceVersion;
  const watch = await gateway.watch(`${configMaps}?watch=1&resourceVersion=${revision}&allowWatchBookmarks=true`);
  const open = follow(watch);
  const small = await gateway.beside(gateway.etcd.clientUrls, { inFlight: { readOnly: 10, mutating: 10 } });
  expect((await grantEverything("jane")).status).toBe(201);
  await eventually("jane may read", async () => (await small.call(configMaps, { user: "jane" })).status === 200);

  const { followers } = await quorum.roles();
  quorum.pause(...followers);
  const pausedMs = realClock.monotonicMs();
  // Before it is known that nobody leads: reads wait for what etcd will say, and take up all places.
  const crowding = Array.from({ length: 30 }, () => small.call(configMaps, { user: "jane" }));
  const creating = Array.from({ length: 12 }, (_, i) => timed(create(`during-${i}`)));
  const early = [
    ...creating,
    timed(gateway.call(`${configMaps}/goes`, { method: "DELETE" })),
    timed(patch("changes", { early: "yes" })),
    timed(gateway.call(configMaps)),
    timed(gateway.call(`${configMaps}/before`)),
  ];
  const hasty = await timed(gateway.call(`${configMaps}/before?timeout=1s`));
  expect(hasty.answer).toMatchObject({ status: 504, headers: { "retry-after": "1" } });
  expect(hasty.tookMs).toBeLessThan(2_500);
  await eventually("health to say so", () => failedCheck("/readyz"), { timeoutMs: 5_000 });
  for (const path of ["/livez", "/healthz"]) expect(await failedCheck(path)).toBe(true);

  const answers = await Promise.all(early);
  const late = await Promise.all([
    timed(create("late")),
    timed(gateway.call(configMaps)),
    timed(patch("changes", { late: "yes" })),
  ]);
  for (const { answer, tookMs } of [...answers, ...late]) {
    expect([503, 504], answer.text).toContain(answer.status);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(tookMs).toBeLessThan(10_000);
  }
  // By then it is known that nobody leads: nothing is sent to etcd any more.
  expect(late.map(({ answer }) => answer.status)).toEqual([503, 503, 503]);

  const crowd = await Promise.all(crowding);
  expect(crowd.filter(({ status }) => status === 429).length).toBe(20);
  expect(crowd.filter(({ status }) => status === 503 || status === 504).length).toBe(10);

  expect((await gateway.call(`${configMaps}/before?resourceVersion=0`)).status).toBe(200);
  expect((await gateway.call(`${configMaps}?resourceVersion=0`)).json.items.length).toBeGreaterThanOrEqual(3);
  const fromMemory = await gateway.watch(`${configMaps}?watch=1&resourceVersion=0`);
  expect(fromMemory.status).toBe(200);
  expect((await fromMemory.next()).type).toBe("ADDED");
  const resumed = await gateway.watch(`${configMaps}?watch=1&resourceVersion=${revision}`);
  expect(resumed.status).toBe(200);
  const second = follow(resumed);

  quorum.resume();
  const healedMs = realClock.monotonicMs();
  await eventually("a write", async () => (await create("after")).status === 201);
  await eventually("health", async () => (await gateway.call("/readyz")).text === "ok");
  expect(realClock.monotonicMs() - healedMs).toBeLessThan(8_000);
  expect(healedMs - pausedMs).toBeGreaterThan(3_000);

  const stored = (await gateway.call(configMaps)).json.items as { metadata: { name: string }; data?: object }[];
  const names = stored.map(({ metadata }) => metadata.name);
  const results = await Promise.all(creating);
  for (const [i, { answer }] of results.entries()) {
    if (answer.status === 504) expect(answer.json.message).toContain("the outcome of the write is unknown");
    else expect(names).not.toContain(`during-${i}`);
  }
  expect(names).not.toContain("late");
  expect(JSON.stringify(stored)).not.toContain(`"late"`);
  for (const { seen } of [open, second]) {
    await eventually("the last event", () => seen.includes("ADDED after"));
    const added = seen.filter((line) => line.startsWith("ADDED")).map((line) => line.slice(6));
    expect(added.length).toBe(new Set(added).size);
    expect(new Set(added)).toEqual(
      new Set(names.filter((name) => !["before", "changes", "goes"].includes(name) && name !== "kube-root-ca.crt")),
    );
  }
  await small.stop();
});

test("each member paused in turn: writes, reads and the watch move on, and a member back from its pause makes nothing old", async () => {
  const revision = (await gateway.call(configMaps)).json.metadata.resourceVersion;
  const watch = follow(await gateway.watch(`${configMaps}?watch=1&resourceVersion=${revision}`));
  const gaps: number[] = [];
  for (const [i, url] of gateway.etcd.clientUrls.entries()) {
    const stacked = await gateway.beside([url]);
    quorum.pause(url);
    const startMs = realClock.monotonicMs();
    const written = await eventually("a write", async () => {
      const answer = await create(`turn-${i}`);
      return answer.status < 300 || answer.status === 409 ? answer : undefined;
    });
    gaps.push(realClock.monotonicMs() - startMs);
    await eventually("its event", () => watch.seen.includes(`ADDED turn-${i}`));
    expect((await gateway.call(`${configMaps}/turn-${i}`)).status).toBe(200);
    if (written.status === 409) continue;
    quorum.resume();
    // The gateway on the member that has slept must not answer from before its sleep.
    await eventually("the member that slept", async () => {
      const read = await stacked.call(`${configMaps}/turn-${i}`);
      expect([200, 503, 504]).toContain(read.status);
      return read.status === 200;
    });
    await stacked.stop();
  }
  expect(Math.max(...gaps)).toBeLessThan(8_000);
  expect(watch.seen).toEqual(gateway.etcd.clientUrls.map((_, i) => `ADDED turn-${i}`));
});

test("a gateway started while nobody leads waits, and serves when somebody does", async () => {
  const { followers } = await quorum.roles();
  quorum.pause(...followers);
  let served = false;
  const starting = gateway.beside(gateway.etcd.clientUrls).finally(() => {
    served = true;
  });
  await eventually("health to say that nobody leads", () => failedCheck("/readyz"));
  expect(served).toBe(false);
  quorum.resume();
  const late = await starting;
  expect((await late.call("/readyz")).text).toBe("ok");
  await late.stop();
});

function patch(name: string, data: object): Promise<Answer> {
  const headers = { "Content-Type": "application/merge-patch+json" };
  return gateway.call(`${configMaps}/${name}`, { method: "PATCH", headers, body: { data } });
}

function grantEverything(user: string): Promise<Answer> {
  const group = "rbac.authorization.k8s.io";
  return gateway.call(`/apis/${group}/v1/clusterrolebindings`, {
    body: {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: user },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: group, kind: "User", name: user }],
    },
  });
}

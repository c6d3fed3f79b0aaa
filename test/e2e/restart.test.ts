import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allKinds, kinds } from "../../api/kinds.ts";
import type { ApiObject } from "../../api/meta.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";

const signal = new AbortController().signal;
let plane: TestPlane;
let client: RestClient;

const connect = () =>
  createRestClient(
    { ...loadKubeconfig(plane.kubeconfig), userAgent: "restart-test" },
    { clock: realClock, log: silentLogger },
  );

/** What lives on its own clock: heartbeats, and events about the start itself. */
const moving = new Set(["leases", "nodes", "events"]);

/** The Pods of the control plane's own processes count every start. */
const processesHidden = ["--control-plane-node=false"];

/** `kind/namespace/name` → uid and resourceVersion of everything that stands still. */
async function everything(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const kind of allKinds.filter((row) => row.verbs.includes("list") && !moving.has(row.plural))) {
    for (const object of (await client.list<ApiObject>(kind, { signal })).items) {
      const { namespace = "", name, uid, resourceVersion } = object.metadata ?? {};
      found.set(`${kind.plural}/${namespace}/${name}`, `${uid} ${resourceVersion}`);
    }
  }
  return found;
}

/** The same answer twice, a second apart: nobody is writing any more. */
async function settled(): Promise<Map<string, string>> {
  let before = await everything();
  return eventually(
    "nothing changes any more",
    async () => {
      const now = await everything();
      const same = JSON.stringify([...now]) === JSON.stringify([...before]);
      before = now;
      return same && now;
    },
    { everyMs: 1_000, timeoutMs: 60_000 },
  );
}

beforeAll(async () => {
  plane = await startPlane({ flags: processesHidden });
  client = connect();
});
afterAll(async () => {
  await client?.close();
  await plane?.destroy();
  if (plane !== undefined) rmSync(plane.dataDir, { recursive: true, force: true });
});

test("after a stop and a start every object is as it was, and the loops do nothing twice", async () => {
  const labels = { app: "web" };
  await client.create(
    kinds.deployments,
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "default" },
      spec: {
        replicas: 10,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx:1" }] } },
      },
    },
    { namespace: "default", signal },
  );
  await eventually(
    "the Deployment is available",
    async () =>
      (await client.get(kinds.deployments, { namespace: "default", name: "web" }, { signal })).status
        ?.availableReplicas === 10,
    { timeoutMs: 60_000 },
  );
  const before = await settled();
  expect([...before.keys()].filter((key) => key.startsWith("pods/default/web-"))).toHaveLength(10);

  await client.close();
  expect(await plane.stop()).toBe(0);
  // On the same port: it stands in the endpoints of the `kubernetes` Service.
  plane = await startPlane({
    dataDir: plane.dataDir,
    flags: ["--secure-port", new URL(plane.server).port, ...processesHidden],
  });
  client = connect();
  const after = await settled();
  expect(Object.fromEntries(after)).toEqual(Object.fromEntries(before));
});

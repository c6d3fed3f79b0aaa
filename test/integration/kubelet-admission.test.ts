import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { type ControlPlane, startControlPlane } from "../../testing/control-plane.ts";
import { eventually } from "../harness/eventually.ts";

const signal = new AbortController().signal;
const key = { namespace: "default", name: "greedy" };
let plane: ControlPlane;
let client: RestClient;

beforeAll(async () => {
  plane = await startControlPlane({ nodes: 1, scheduler: false, controllers: ["serviceaccount-controller"] });
  client = createRestClient(
    { ...loadKubeconfig(plane.kubeconfig), userAgent: "test" },
    { clock: realClock, log: silentLogger },
  );
});
afterAll(async () => {
  await client?.close();
  await plane?.stop();
});

test("a Pod that somebody puts on a node without room fails, is told why, and can be deleted", async () => {
  await eventually("the default ServiceAccount is there", () =>
    client.get(kinds.serviceAccounts, { namespace: "default", name: "default" }, { signal }),
  );
  const spec = { containers: [{ name: "c", image: "nginx:1", resources: { requests: { cpu: "17" } } }] };
  await client.create(
    kinds.pods,
    { apiVersion: "v1", kind: "Pod", metadata: { name: key.name }, spec },
    { namespace: "default", signal },
  );
  const target = { apiVersion: "v1", kind: "Node", name: "node-0" };
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: key.name }, target };
  await client.createSubresource(kinds.pods, key, "binding", binding, { signal });
  const { status } = await eventually("the Pod has failed", async () => {
    const live = await client.get(kinds.pods, key, { signal });
    return live.status?.phase === "Failed" && live;
  });
  const detail = "Node didn't have enough resource: cpu, requested: 17000, used: 0, capacity: 16000";
  expect(status).toEqual({
    observedGeneration: 1,
    phase: "Failed",
    reason: "OutOfcpu",
    message: `Pod was rejected: ${detail}`,
    startTime: expect.any(String),
    qosClass: "Burstable",
  });
  const event = await eventually("the event is there", async () => {
    const { items } = await client.list(kinds.events, { namespace: "default", signal });
    return items.find(({ involvedObject }) => involvedObject?.name === key.name);
  });
  expect(event).toMatchObject({
    type: "Warning",
    reason: "OutOfcpu",
    message: detail,
    source: { component: "kubelet" },
  });
  await client.delete(kinds.pods, key, { signal });
  await eventually("the Pod has gone", async () => {
    const { items } = await client.list(kinds.pods, { namespace: "default", signal });
    return items.length === 0;
  });
});

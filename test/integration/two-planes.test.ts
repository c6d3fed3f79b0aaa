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
let planes: ControlPlane[];
let clients: RestClient[];

beforeAll(async () => {
  planes = await Promise.all([startControlPlane({ nodes: 2 }), startControlPlane({ nodes: 1 })]);
  clients = planes.map((plane) =>
    createRestClient(
      { ...loadKubeconfig(plane.kubeconfig), userAgent: "two-planes" },
      { clock: realClock, log: silentLogger },
    ),
  );
});
afterAll(async () => {
  await Promise.all((clients ?? []).map((client) => client.close()));
  await Promise.all((planes ?? []).map((plane) => plane.stop()));
});

test("two control planes live in one process and know nothing of each other", async () => {
  const [first, second] = clients as [RestClient, RestClient];
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "only-here" },
    spec: { containers: [{ name: "c", image: "nginx:1" }] },
  };
  await eventually("the default ServiceAccount is there", () =>
    first.get(kinds.serviceAccounts, { namespace: "default", name: "default" }, { signal }),
  );
  await first.create(kinds.pods, pod, { namespace: "default", signal });
  const running = await eventually("the Pod runs", async () => {
    const live = await first.get(kinds.pods, { namespace: "default", name: "only-here" }, { signal });
    return live.status?.phase === "Running" && live;
  });
  expect(running.spec?.nodeName).toMatch(/^node-[01]$/);
  expect((await second.list(kinds.pods, { signal })).items).toEqual([]);
  expect((await first.list(kinds.nodes, { signal })).items).toHaveLength(2);
  expect((await second.list(kinds.nodes, { signal })).items).toHaveLength(1);
});

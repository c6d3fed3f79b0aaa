import { afterAll, beforeAll, expect, test } from "vitest";
import { startApiserver } from "../../apiserver/start.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const deps = { clock: realClock, log: silentLogger };

test("every cluster begins with the same objects", async () => {
  const names = async (path: string) =>
    (await gateway.call(path)).json.items.map((item: { metadata: { name: string } }) => item.metadata.name);
  expect(await names("/api/v1/namespaces")).toEqual(["default", "kube-node-lease", "kube-public", "kube-system"]);
  expect(await names("/apis/scheduling.k8s.io/v1/priorityclasses")).toEqual([
    "system-cluster-critical",
    "system-node-critical",
  ]);
  const service = await gateway.call("/api/v1/namespaces/default/services/kubernetes");
  expect(service.json.spec).toMatchObject({ clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443 }] });
  const endpoints = await gateway.call("/api/v1/namespaces/default/endpoints/kubernetes");
  expect(endpoints.json.subsets).toEqual([
    { addresses: [{ ip: "127.0.0.1" }], ports: [{ name: "https", port: gateway.apiserver.port, protocol: "TCP" }] },
  ]);
});

test("a second gateway on the same etcd serves the same and writes nothing but its own address", async () => {
  const before = (await gateway.call("/api/v1/namespaces")).json.metadata.resourceVersion;
  const second = await startApiserver(gateway.config, deps);
  try {
    const after = (await gateway.call("/api/v1/namespaces")).json.metadata.resourceVersion;
    expect(Number(after) - Number(before)).toBeLessThanOrEqual(2);
  } finally {
    await second.stop();
  }
});

test("a port that is taken fails the start and leaves nothing running", async () => {
  const config = { ...gateway.config, port: gateway.apiserver.port };
  await expect(startApiserver(config, deps)).rejects.toThrow(/EADDRINUSE/);
});

test("a gateway that starts sets right what Services hold, and says so in an event", async () => {
  const services = "/api/v1/namespaces/default/services";
  const body = { metadata: { name: "bereft" }, spec: { ports: [{ port: 80 }] } };
  const { spec } = (await gateway.call(services, { method: "POST", body })).json;
  const address = `/apis/networking.k8s.io/v1/ipaddresses/${spec.clusterIP}`;
  expect((await gateway.call(address, { method: "DELETE" })).status).toBe(200);
  const second = await startApiserver(gateway.config, deps);
  try {
    const { json } = await eventually("the address is there again", async () => {
      const answer = await gateway.call(address);
      return answer.status === 200 && answer;
    });
    expect(json.spec.parentRef).toEqual({ resource: "services", namespace: "default", name: "bereft" });
    await eventually("the event is there", async () => {
      const { items } = (await gateway.call("/api/v1/namespaces/default/events")).json;
      return items.some(
        (event: { reason: string; involvedObject: { name: string } }) =>
          event.reason === "ClusterIPNotAllocated" && event.involvedObject.name === "bereft",
      );
    });
  } finally {
    await second.stop();
  }
});

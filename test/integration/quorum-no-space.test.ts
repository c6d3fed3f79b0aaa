import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const events = "/api/v1/namespaces/default/events";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ quotaBackendBytes: 8 << 20 });
});
afterAll(() => gateway?.stop());

const fat = "x".repeat(700_000);

function create(name: string, text: string) {
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { text } };
  return gateway.call(configMaps, { body });
}

const operate = (method: string, path: string) => gateway.call(`/gatehouse/v1/etcd/${path}`, { method });

test("etcd out of space: writes are refused clearly, the rest goes on, and writes do after compact, defrag and disarm", async () => {
  const watch = await gateway.watch(`${configMaps}?watch=1&resourceVersion=0`);
  const compacting = await gateway.beside(gateway.etcd.clientUrls, {
    etcd: { ...gateway.config.etcd, compactionIntervalMs: 200 },
  });
  const oldest = (await gateway.call(configMaps)).json.metadata.resourceVersion;
  let stored = 0;
  const refusal = await eventually("no space", async () => {
    const answer = await create(`fat-${stored}`, fat);
    if (answer.status !== 201) return answer;
    stored++;
  });
  const clear = {
    status: 507,
    json: { kind: "Status", reason: "InsufficientStorage", code: 507 },
  };
  expect(refusal).toMatchObject(clear);
  expect(refusal.json.message).toMatch(/mvcc: database space exceeded.*compact.*defrag.*disarm/);
  expect(refusal.headers["retry-after"]).toBeUndefined();
  expect(await create("thin", "")).toMatchObject(clear);
  const involvedObject = { kind: "ConfigMap", namespace: "default", name: "fat-0" };
  const event = { apiVersion: "v1", kind: "Event", metadata: { name: "e" }, involvedObject };
  expect(await gateway.call(events, { body: event })).toMatchObject(clear);

  expect((await gateway.call(`${configMaps}/fat-0`)).status).toBe(200);
  expect((await gateway.call("/readyz")).status).toBe(200);
  for (let i = 0; i < stored; i++) {
    expect((await gateway.call(`${configMaps}/fat-${i}`, { method: "DELETE" })).status).toBe(200);
  }
  const types: string[] = [];
  while (types.filter((type) => type === "DELETED").length < stored) types.push((await watch.next()).type);
  watch.close();

  // The compactor has gone on without room for its own key.
  await eventually("a compaction", async () => {
    const page = await gateway.call(`${configMaps}?resourceVersion=${oldest}&resourceVersionMatch=Exact`);
    return page.status === 410;
  });
  expect((await operate("POST", "compact")).status).toBe(200);
  expect((await operate("POST", "defrag")).status).toBe(200);
  expect((await operate("DELETE", "alarms")).status).toBe(200);
  await eventually("a write", async () => (await create("thin", "")).status === 201);
  expect((await gateway.call(events, { body: event })).status).toBe(201);
  await compacting.stop();
});

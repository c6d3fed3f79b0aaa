import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap, Watch } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";

let plane: TestPlane;
let config: KubeConfig;
let core: CoreV1Api;
const namespace = "default";
const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({ metadata: { name }, data });

beforeAll(async () => {
  plane = await startPlane({ flags: ["--schedulers", "0", "--controller-managers", "0", "--nodes", "0"] });
  config = new KubeConfig();
  config.loadFromFile(plane.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});
afterAll(() => plane?.destroy());

test("list, get, replace and delete", async () => {
  await core.createNamespacedConfigMap({ namespace, body: configMap("a", { k: "1" }) });
  const read = await core.readNamespacedConfigMap({ namespace, name: "a" });
  expect(read.data).toEqual({ k: "1" });
  const replaced = await core.replaceNamespacedConfigMap({ namespace, name: "a", body: { ...read, data: { k: "2" } } });
  expect(Number(replaced.metadata?.resourceVersion)).toBeGreaterThan(Number(read.metadata?.resourceVersion));
  await expect(
    core.replaceNamespacedConfigMap({ namespace, name: "a", body: { ...read, data: { k: "3" } } }),
  ).rejects.toMatchObject({ code: 409 });
  const list = await core.listNamespacedConfigMap({ namespace });
  expect(list.items.map((item) => item.metadata?.name)).toContain("a");
  await core.deleteNamespacedConfigMap({ namespace, name: "a" });
  await expect(core.readNamespacedConfigMap({ namespace, name: "a" })).rejects.toMatchObject({ code: 404 });
});

test("watch resumes from a resourceVersion without gaps or repeats", async () => {
  const list = await core.listNamespacedConfigMap({ namespace });
  const events: string[] = [];
  let failure: unknown;
  const controller = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { resourceVersion: list.metadata?.resourceVersion },
    (type: string, object: V1ConfigMap) => events.push(`${type} ${object.metadata?.name}`),
    (error: unknown) => {
      failure = error;
    },
  );
  for (let index = 0; index < 20; index++) {
    await core.createNamespacedConfigMap({ namespace, body: configMap(`w-${index}`) });
  }
  await core.deleteNamespacedConfigMap({ namespace, name: "w-0" });
  await eventually("all events have come", () => events.length >= 21);
  controller.abort();
  expect(events).toEqual([...Array.from({ length: 20 }, (_, index) => `ADDED w-${index}`), "DELETED w-0"]);
  expect(failure === undefined || String(failure).includes("abort")).toBe(true);
});

test("informer", async () => {
  const names = new Set<string>();
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace }),
  );
  informer.on("add", (object) => names.add(object.metadata?.name ?? ""));
  informer.on("delete", (object) => names.delete(object.metadata?.name ?? ""));
  await informer.start();
  await core.createNamespacedConfigMap({ namespace, body: configMap("late") });
  await eventually("the informer has seen the late one", () => names.has("late"));
  await core.deleteNamespacedConfigMap({ namespace, name: "late" });
  await eventually("the informer has seen it go", () => !names.has("late"));
  expect(names.has("w-5")).toBe(true);
  await informer.stop();
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConfigMap, EndpointSlice, Node, Service } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { type ControllerBench, deployment, rolledOut, soon, startControllerBench } from "../harness/controllers.ts";

let bench: ControllerBench;
let endKubelet: () => Promise<void>;

beforeAll(async () => {
  bench = await startControllerBench();
  endKubelet = await bench.startKubelet();
  await bench.startControllers({ nodeMonitorPeriodMs: 100, nodeMonitorGracePeriodMs: 400, rootCaFile: undefined });
});
afterAll(async () => {
  await endKubelet();
  await bench.stop();
});

const configMap = (name: string, namespace: string, metadata: ConfigMap["metadata"] = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, ...metadata },
});
const exists = (name: string, namespace: string) =>
  bench.client.list(kinds.configMaps, { namespace, fieldSelector: `metadata.name=${name}`, signal: bench.signal });

test("every namespace has its account and authority, also after they are deleted", async () => {
  const namespace = await bench.namespace("accounts");
  const account = { namespace, name: "default" };
  const authority = { namespace, name: "kube-root-ca.crt" };
  const both = async () => {
    const [{ metadata }, { data }] = await Promise.all([
      bench.client.get(kinds.serviceAccounts, account, { signal: bench.signal }),
      bench.client.get(kinds.configMaps, authority, { signal: bench.signal }),
    ]);
    return { uid: metadata?.uid, ca: data?.["ca.crt"] };
  };
  const before = await soon("both exist", both);
  expect(before.ca).toMatch(/^-----BEGIN CERTIFICATE-----/);
  await bench.client.delete(kinds.serviceAccounts, account, { signal: bench.signal });
  await bench.client.delete(kinds.configMaps, authority, { signal: bench.signal });
  const after = await soon("both are back", both);
  expect(after.uid).not.toBe(before.uid);
});

test("a namespace goes when its content has, and says what it waits for", async () => {
  const namespace = await bench.namespace("leaving");
  const key = { namespace: "", name: namespace };
  const web = deployment("web", namespace, 2);
  await bench.client.create(kinds.deployments, web, { signal: bench.signal });
  await soon("rolled out", () => rolledOut(bench, web));
  const held = configMap("held", namespace, { finalizers: ["example.com/hold"] });
  await bench.client.create(kinds.configMaps, held, { signal: bench.signal });
  await bench.client.delete(kinds.namespaces, key, { signal: bench.signal });

  const messages = await soon("it names the finalizer", async () => {
    const { status } = await bench.client.get(kinds.namespaces, key, { signal: bench.signal });
    const found = Object.fromEntries((status?.conditions ?? []).map(({ type, message }) => [type, message]));
    return found["NamespaceFinalizersRemaining"]?.startsWith("Some content") === true &&
      found["NamespaceContentRemaining"] === "Some resources are remaining: configmaps. has 1 resource instances"
      ? found
      : undefined;
  });
  expect(messages["NamespaceFinalizersRemaining"]).toBe(
    "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
  );
  const release = { type: "merge", body: { metadata: { finalizers: null } } } as const;
  await bench.client.patch(kinds.configMaps, { namespace, name: "held" }, release, { signal: bench.signal });
  await soon("it has gone", async () => {
    const { items } = await bench.client.list(kinds.namespaces, { signal: bench.signal });
    return !items.some(({ metadata }) => metadata?.name === namespace);
  });
});

test("an object whose only owner does not exist goes; one with another owner loses the reference", async () => {
  const namespace = await bench.namespace("garbage");
  const nobody = { apiVersion: "v1", kind: "ConfigMap", name: "nobody", uid: "11111111-1111-1111-1111-111111111111" };
  const owner = await bench.client.create(kinds.configMaps, configMap("owner", namespace), { signal: bench.signal });
  const somebody = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata?.uid ?? "" };
  const child = configMap("child", namespace, { ownerReferences: [nobody, somebody] });
  await bench.client.create(kinds.configMaps, child, { signal: bench.signal });
  const bogus = configMap("bogus", namespace, { ownerReferences: [nobody] });
  await bench.client.create(kinds.configMaps, bogus, { signal: bench.signal });
  await soon("bogus has gone", async () => (await exists("bogus", namespace)).items.length === 0);
  await soon("only the living owner is left", async () => {
    const { metadata } = await bench.client.get(
      kinds.configMaps,
      { namespace, name: "child" },
      { signal: bench.signal },
    );
    return metadata?.ownerReferences?.map(({ name }) => name).join() === "owner";
  });
  await bench.client.delete(kinds.configMaps, { namespace, name: "owner" }, { signal: bench.signal });
  await soon("the child follows", async () => (await exists("child", namespace)).items.length === 0);
});

test("Services know their Pods, in slices and in Endpoints", async () => {
  const namespace = await bench.namespace("services");
  const web = deployment("web", namespace, 2);
  await bench.client.create(kinds.deployments, web, { signal: bench.signal });
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace },
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  };
  await bench.client.create(kinds.services, service, { signal: bench.signal });
  const slice = await soon("both Pods are ready in one slice", async () => {
    const { items } = await bench.client.list(kinds.endpointSlices, { namespace, signal: bench.signal });
    const ready = items[0]?.endpoints?.filter(({ conditions }) => conditions?.ready === true);
    return items.length === 1 && ready?.length === 2 ? items[0] : undefined;
  });
  const conditions = { ready: true, serving: true, terminating: false };
  expect(slice?.endpoints).toMatchObject([{ conditions }, { conditions }]);
  expect(slice?.ports).toEqual([{ name: "http", port: 8080, protocol: "TCP" }]);
  expect(slice?.metadata?.labels).toMatchObject({ "kubernetes.io/service-name": "web" });
  await soon("both are in Endpoints", async () => {
    const key = { namespace, name: "web" };
    const { subsets } = await bench.client.get(kinds.endpoints, key, { signal: bench.signal });
    return subsets?.[0]?.addresses?.length === 2;
  });

  // Looked at again, and found to be right.
  const touch = { type: "merge", body: { metadata: { annotations: { touched: "yes" } } } } as const;
  await bench.client.patch(kinds.services, { namespace, name: "web" }, touch, { signal: bench.signal });
  const later: Service = {
    ...service,
    metadata: { name: "later", namespace },
    spec: { ...service.spec, ports: [{ port: 80 }] },
  };
  await bench.client.create(kinds.services, later, { signal: bench.signal });
  const slices = await soon("a Service made later has its slice", async () => {
    const { items } = await bench.client.list(kinds.endpointSlices, { namespace, signal: bench.signal });
    return items.length === 2 && items;
  });
  const nameOf = ({ metadata }: EndpointSlice) => metadata?.labels?.["kubernetes.io/service-name"];
  expect(slices.find((one) => nameOf(one) === "web")).toEqual(slice);
  expect(slices.find((one) => nameOf(one) === "later")?.ports).toEqual([{ name: "", port: 80, protocol: "TCP" }]);
  await bench.client.delete(kinds.services, { namespace, name: "later" }, { signal: bench.signal });
  await bench.client.delete(kinds.services, { namespace, name: "web" }, { signal: bench.signal });
  await soon("slices and Endpoints follow their Service", async () => {
    const slices = await bench.client.list(kinds.endpointSlices, { namespace, signal: bench.signal });
    const endpoints = await bench.client.list(kinds.endpoints, { namespace, signal: bench.signal });
    return slices.items.length + endpoints.items.length === 0;
  });
});

test("a node that falls silent is not ready, is tainted, and its Pods are not ready", async () => {
  const namespace = await bench.namespace("silence");
  const { signal } = bench;
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "quiet" }, status };
  await bench.client.create(kinds.nodes, node, { signal });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace },
    spec: { nodeName: "quiet", containers: [{ name: "c", image: "nginx" }] },
  };
  await soon("the account is there", () =>
    bench.client.get(kinds.serviceAccounts, { namespace, name: "default" }, { signal }),
  );
  await bench.client.create(kinds.pods, pod, { signal });
  await soon("the node is unknown and tainted", async () => {
    const { spec, status: current } = await bench.client.get(kinds.nodes, { namespace: "", name: "quiet" }, { signal });
    const ready = current?.conditions?.find(({ type }) => type === "Ready");
    const tainted = spec?.taints?.some(({ key, effect }) => /unreachable/.test(key) && effect === "NoSchedule");
    return ready?.reason === "NodeStatusUnknown" && tainted === true;
  });
  await soon("its Pod is not ready", async () => {
    const { status: current } = await bench.client.get(kinds.pods, { namespace, name: "p" }, { signal });
    return current?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "False");
  });
});

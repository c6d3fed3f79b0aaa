import { afterEach, beforeEach, expect, test } from "vitest";
import type { EventsV1Event, IPAddress, Service, ServiceSpec } from "../../api/generated/types.ts";
import type { ApiObject } from "../../api/meta.ts";
import { systemRandom } from "../../apiserver/registry/random.ts";
import { plainRead, type WriteOptions } from "../../apiserver/registry/store.ts";
import { startRepair } from "../../apiserver/repair/start-repair.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { createTestRegistry, type TestRegistry, testContext, withNamespace } from "../harness/registry.ts";

const roundMs = 3 * 60_000;
const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };
const signal = new AbortController().signal;
const ports = [{ port: 80, protocol: "TCP" }];
const addressKey = (ip: string) => `/registry/ipaddresses/${ip}`;
const portsKey = "/registry/ranges/servicenodeports";

let registry: TestRegistry;
let repair: ReturnType<typeof startRepair> | undefined;

beforeEach(async () => {
  registry = await withNamespace(createTestRegistry());
  repair = undefined;
});
afterEach(() => repair?.stop());

/** Ends its first round. */
async function start(): Promise<void> {
  const { storage, clock } = registry;
  repair = startRepair(
    { serviceClusterIpRange: "10.96.0.0/16", serviceNodePortRange: { first: 30000, last: 32767 } },
    { ...registry, storage, etcdPrefix: "/registry", clock, log: silentLogger, random: systemRandom },
  );
  await clock.advance(0);
}

const rounds = (count: number) => registry.clock.advance(count * roundMs);

async function service(name: string, spec: Partial<ServiceSpec> = {}): Promise<Readonly<Service>> {
  const value = { metadata: { name }, spec: { ports, ...spec } };
  const context = testContext({ namespace: "default" });
  const stored = await registry.store("services").create(context, { value, duplicateFields: [] }, options);
  return stored.object as Readonly<Service>;
}

/** Past the registry, as whoever writes to etcd behind its back. */
async function put(key: string, change: (object: ApiObject | undefined) => ApiObject): Promise<void> {
  const decide = (current: { readonly object: ApiObject } | undefined) =>
    ({ kind: "put", object: change(current?.object) }) as const;
  await registry.storage.update(key, decide, { signal });
}

const remove = (key: string) => registry.storage.update(key, () => ({ kind: "delete" }), { signal });

const address = (ip: string, parentRef: NonNullable<IPAddress["spec"]>["parentRef"]): ApiObject =>
  ({
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: ip,
      uid: `uid-${ip}`,
      creationTimestamp: new Date(registry.clock.now()).toISOString(),
      labels: {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: { parentRef },
  }) as ApiObject;

const ofService = (name: string) => ({ group: "", resource: "services", namespace: "default", name });

async function events(): Promise<string[]> {
  const page = await registry.store("events.events.k8s.io").list(testContext({ namespace: "default" }), plainRead);
  return page.items.map(({ object }) => {
    const { regarding, reason, note } = object as EventsV1Event;
    return `${regarding?.kind}/${regarding?.name} ${reason} ${note}`;
  });
}

const holderOf = (ip: string) =>
  (registry.storage.cached.get(addressKey(ip))?.object as IPAddress | undefined)?.spec?.parentRef?.name;

function takenPorts(): number[] {
  const { data = "" } = (registry.storage.cached.get(portsKey)?.object ?? {}) as { data?: string };
  return [...Buffer.from(data, "base64")].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => 30000 + index * 8 + bit),
  );
}

test("where all is well nothing is written", async () => {
  await service("a", { type: "NodePort" });
  await service("headless", { clusterIP: "None" });
  const before = registry.storage.currentRevision();
  await start();
  await rounds(4);
  expect(registry.storage.currentRevision()).toBe(before);
});

test("an address whose Service never came to be is free again, but not while it may still be coming", async () => {
  await put(addressKey("10.96.7.7"), () => address("10.96.7.7", ofService("gone")));
  await start();
  expect(holderOf("10.96.7.7")).toBe("gone");
  await rounds(1);
  expect(registry.storage.cached.get(addressKey("10.96.7.7"))).toBeUndefined();
  expect(await events()).toEqual([
    "IPAddress/10.96.7.7 IPAddressNotAllocated IPAddress: 10.96.7.7 for Service default/gone appears to have leaked: cleaning up",
  ]);
});

test("a Service whose address was lost gets it again", async () => {
  const { spec } = await service("a");
  const ip = spec?.clusterIP ?? "";
  await remove(addressKey(ip));
  await start();
  expect(holderOf(ip)).toBe("a");
  expect(await events()).toEqual([
    `Service/a ClusterIPNotAllocated Cluster IP [IPv4]: ${ip} is not allocated; repairing`,
  ]);
  // The words and the author are those of Kubernetes.
  const page = await registry.store("events.events.k8s.io").list(testContext({ namespace: "default" }), plainRead);
  expect(page.items[0]?.object).toMatchObject({
    type: "Warning",
    action: "ClusterIPAllocation",
    reportingController: "ipallocator-repair-controller",
    regarding: { apiVersion: "v1", kind: "Service", namespace: "default", name: "a" },
  });
});

test("an address that names another Service, or no Service at all, is set right", async () => {
  const one = (await service("one")).spec?.clusterIP ?? "";
  await put(addressKey(one), () => address(one, ofService("somebody-else")));
  await put(addressKey("10.96.8.8"), () =>
    address("10.96.8.8", { group: "apps", resource: "deployments", namespace: "default", name: "web" }),
  );
  await start();
  expect(holderOf(one)).toBe("one");
  expect(registry.storage.cached.get(addressKey("10.96.8.8"))).toBeUndefined();
  expect(await events()).toEqual(
    expect.arrayContaining([
      `Service/one ClusterIPNotAllocated the ClusterIP [IPv4]: ${one} for Service default/one has a wrong reference; repairing`,
      "IPAddress/10.96.8.8 IPAddressNotAllocated IPAddress 10.96.8.8 appears to have been modified, not referencing a Service &ParentReference{Group:apps,Resource:deployments,Namespace:default,Name:web,}: cleaning up",
    ]),
  );
});

test("an address that somebody else manages is left alone", async () => {
  await put(addressKey("10.96.9.9"), () => {
    const object = address("10.96.9.9", ofService("gone"));
    return { ...object, metadata: { ...object.metadata, labels: {} } };
  });
  await start();
  await rounds(2);
  expect(holderOf("10.96.9.9")).toBe("gone");
});

test("two Services with one address are told of, once, and neither loses it", async () => {
  const ip = (await service("first")).spec?.clusterIP ?? "";
  const second = await service("second");
  await put("/registry/services/specs/default/second", () => ({
    ...second,
    spec: { ...second.spec, clusterIP: ip, clusterIPs: [ip] },
  }));
  await start();
  await rounds(3);
  const told = `Service/second ClusterIPAlreadyAllocated Cluster IP [IPv4]:${ip} was assigned to multiple services; please recreate service`;
  expect((await events()).filter((event) => event === told)).toHaveLength(1);
  expect(holderOf(ip)).toBe("first");
});

test("a Service outside the range is told of and keeps its address", async () => {
  const outside = await service("outside");
  await put("/registry/services/specs/default/outside", () => ({
    ...outside,
    spec: { ...outside.spec, clusterIP: "192.168.1.1", clusterIPs: ["192.168.1.1"] },
  }));
  await start();
  expect(await events()).toContain(
    "Service/outside ClusterIPOutOfRange Cluster IP [IPv4]: 192.168.1.1 is not within any configured Service CIDR; please recreate service",
  );
});

test("a node port that no Service holds is free in the third round, one that is held but free is taken at once", async () => {
  const { spec } = await service("a", { type: "NodePort" });
  const held = spec?.ports?.[0]?.nodePort ?? 0;
  await put(portsKey, (object) => {
    const data = Buffer.alloc(346);
    data[100] = 1;
    return { ...object, data: data.toString("base64") } as ApiObject;
  });
  await start();
  expect(takenPorts()).toEqual([held, 30800].sort());
  await rounds(1);
  expect(takenPorts()).toContain(30800);
  await rounds(1);
  expect(takenPorts()).toEqual([held]);
  expect(await events()).toEqual([`Service/a PortNotAllocated Port ${held} is not allocated; repairing`]);
  expect(
    (await service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30800 }] })).spec?.ports?.[0],
  ).toMatchObject({ nodePort: 30800 });
});

test("a port that came into use meanwhile stays taken", async () => {
  await service("a", { type: "NodePort" });
  await put(portsKey, (object) => ({ ...object, data: Buffer.alloc(346, 1).toString("base64") }) as ApiObject);
  await start();
  await rounds(1);
  // As the second of the two writes of a Service that took its time.
  const late = await service("late", { ports: [{ port: 80 }] });
  await put("/registry/services/specs/default/late", () => ({
    ...late,
    spec: { ...late.spec, type: "NodePort", ports: [{ port: 80, nodePort: 30008 }] },
  }));
  await rounds(2);
  expect(takenPorts()).toContain(30008);
  expect(takenPorts()).toHaveLength(2);
});

test("a Service that comes back to an address of its own that was left behind keeps it", async () => {
  await put(addressKey("10.96.7.7"), () => address("10.96.7.7", ofService("again")));
  await registry.clock.advance(10 * 60_000);
  // Judged as leaked, then taken by its Service before the repair gets to write.
  let taken = false;
  registry.storage.beforeWrite = async (key) => {
    if (taken || key !== addressKey("10.96.7.7")) return;
    taken = true;
    await service("again", { clusterIP: "10.96.7.7" });
  };
  await start();
  expect(taken).toBe(true);
  await rounds(3);
  expect(holderOf("10.96.7.7")).toBe("again");
  expect(await events()).toEqual([]);
});

import { equalJson } from "../../api/json.ts";
import type { ApiObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { type Clock, timestamp } from "../../component-base/clock.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Random } from "../registry/random.ts";
import type { Registry, WriteOptions } from "../registry/store.ts";
import type { Storage, StoredObject, UpdateDecision } from "../storage/storage.ts";

export interface SystemObjectOptions {
  /** PEM; published to aggregated servers in kube-system/extension-apiserver-authentication. */
  readonly clientCa: string;
  /** Where clients in the cluster find the gateway. */
  readonly advertise: { readonly address: string; readonly port: number };
  /** The first address of the Service range. */
  readonly serviceIp: string;
}

/** One object that must exist; what is there already is left as it is. */
interface SystemObject {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Where it lies below the etcd prefix. */
  readonly storagePath: string;
  readonly object: ApiObject & Record<string, unknown>;
}

const options: WriteOptions = { dryRun: false, fieldManager: "kube-apiserver", fieldValidation: "Strict" };

const maxTries = 20;
const retryMs = 100;

export interface BootstrapDeps {
  readonly registry: Registry;
  readonly storage: Storage;
  readonly etcdPrefix: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Of a request that the gateway makes of itself. */
  readonly context: (namespace: string) => RequestContext;
}

/** Creates the namespaces that every cluster has; whatever else is created needs its own. */
export function createSystemNamespaces(deps: BootstrapDeps): Promise<void> {
  return createMissing(namespaces(), deps);
}

/**
 * Creates the priority classes and the `kubernetes` Service that every cluster has. On a warm start it writes nothing,
 * except where the gateway's address has changed.
 *
 * @see kubernetes v1.36.3 pkg/controlplane/controller
 */
export async function createSystemObjects(settings: SystemObjectOptions, deps: BootstrapDeps): Promise<void> {
  const rows = [...priorityClasses(), kubernetesService(settings), authenticationConfig(settings.clientCa)];
  await Promise.all([createMissing(rows, deps), ...kubernetesEndpoints(settings).map((row) => put(row, deps))]);
}

async function createMissing(rows: readonly SystemObject[], deps: BootstrapDeps): Promise<void> {
  const missing = rows.filter((row) => deps.storage.cached.get(`${deps.etcdPrefix}/${row.storagePath}`) === undefined);
  await Promise.all(missing.map((row) => create(row, deps)));
}

/**
 * Creates it, unless it is there. Another gateway may be at it at the same moment and hold what it needs, the address of the
 * Service for one: then it is there a moment later.
 */
async function create(row: SystemObject, deps: BootstrapDeps): Promise<void> {
  const { group, version, plural, object } = row;
  const isThere = () => deps.storage.cached.get(`${deps.etcdPrefix}/${row.storagePath}`) !== undefined;
  const store = deps.registry.store(group, version, plural);
  if (store === undefined) return;
  for (let tries = 1; ; tries++) {
    const context = deps.context(object.metadata?.namespace ?? "");
    try {
      await store.create(context, { value: structuredClone(object), duplicateFields: [] }, options);
      return;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      // Who finds the address taken is not told that the Service is there as well.
      if (error.reason === "AlreadyExists" || isThere()) return;
      if (error.reason !== "Invalid" || tries === maxTries) throw error;
    }
    await deps.clock.sleep(retryMs, { signal: context.signal });
  }
}

/**
 * Creates or replaces what the gateway says of its own address. It goes past validation: a loopback address, which users may
 * not name, is the right one for clients on this machine. A write that changes nothing makes no revision.
 */
async function put(row: SystemObject, deps: BootstrapDeps): Promise<void> {
  const { signal, requestId } = deps.context(row.object.metadata?.namespace ?? "");
  const decide = (current: StoredObject | undefined): UpdateDecision => {
    const live = current?.object;
    const metadata = live?.metadata ?? { uid: deps.random.uuid(), creationTimestamp: timestamp(deps.clock) };
    const { resourceVersion: _, ...kept } = metadata;
    const { kind, apiVersion, ...body } = row.object;
    const object = { kind, apiVersion, ...body, metadata: { ...row.object.metadata, ...kept } } as ApiObject;
    const same = live !== undefined && equalJson({ ...live, metadata: kept }, object);
    return same ? { kind: "keep" } : { kind: "put", object };
  };
  await deps.storage.update(`${deps.etcdPrefix}/${row.storagePath}`, decide, { signal, cause: { requestId } });
}

function namespaces(): SystemObject[] {
  return ["default", "kube-system", "kube-public", "kube-node-lease"].map((name) => ({
    group: "",
    version: "v1",
    plural: "namespaces",
    storagePath: `namespaces/${name}`,
    object: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
  }));
}

function priorityClasses(): SystemObject[] {
  const rows = [
    [
      "system-node-critical",
      2_000_001_000,
      "Used for system critical pods that must not be moved from their current node.",
    ],
    [
      "system-cluster-critical",
      2_000_000_000,
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ],
  ] as const;
  return rows.map(([name, value, description]) => ({
    group: "scheduling.k8s.io",
    version: "v1",
    plural: "priorityclasses",
    storagePath: `priorityclasses/${name}`,
    object: {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
      description,
    },
  }));
}

const labels = { component: "apiserver", provider: "kubernetes" };

function kubernetesService({ advertise, serviceIp }: SystemObjectOptions): SystemObject {
  return {
    group: "",
    version: "v1",
    plural: "services",
    storagePath: "services/specs/default/kubernetes",
    object: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kubernetes", namespace: "default", labels },
      spec: {
        clusterIP: serviceIp,
        ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: advertise.port }],
        sessionAffinity: "None",
        type: "ClusterIP",
      },
    },
  };
}

function kubernetesEndpoints({ advertise }: SystemObjectOptions): SystemObject[] {
  const { address, port } = advertise;
  return [
    {
      group: "",
      version: "v1",
      plural: "endpoints",
      storagePath: "services/endpoints/default/kubernetes",
      object: {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: {
          name: "kubernetes",
          namespace: "default",
          labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
        },
        subsets: [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }],
      },
    },
    {
      group: "discovery.k8s.io",
      version: "v1",
      plural: "endpointslices",
      storagePath: "endpointslices/default/kubernetes",
      object: {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          name: "kubernetes",
          namespace: "default",
          labels: { "kubernetes.io/service-name": "kubernetes" },
        },
        addressType: address.includes(":") ? "IPv6" : "IPv4",
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
        ports: [{ name: "https", port, protocol: "TCP" }],
      },
    },
  ];
}

function authenticationConfig(clientCa: string): SystemObject {
  return {
    group: "",
    version: "v1",
    plural: "configmaps",
    storagePath: "configmaps/kube-system/extension-apiserver-authentication",
    object: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
      ...(clientCa !== "" && { data: { "client-ca-file": clientCa } }),
    },
  };
}

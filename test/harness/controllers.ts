import type { Deployment, Pod } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { createInformer } from "../../client/shared-informer.ts";
import { realClock, timestamp } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import type { Running } from "../../component-base/running.ts";
import type { ControllerProcessConfig } from "../../controller/config.ts";
import { startController } from "../../controller/start.ts";
import { eventually } from "./eventually.ts";
import { startGateway, type TestGateway } from "./gateway.ts";

const deps = { clock: realClock, log: silentLogger };

/** A gateway, a client of it, and what the tests of controllers start beside it. */
export interface ControllerBench {
  readonly gateway: TestGateway;
  readonly client: RestClient;
  readonly signal: AbortSignal;
  startControllers(config?: Partial<ControllerProcessConfig>): Promise<Running>;
  /** Makes every Pod ready as soon as it is seen; resolves with what ends that. */
  startKubelet(): Promise<() => Promise<void>>;
  namespace(name: string): Promise<string>;
  pods(namespace: string): Promise<Pod[]>;
  stop(): Promise<void>;
}

export async function startControllerBench(): Promise<ControllerBench> {
  const gateway = await startGateway();
  const client = createRestClient({ ...loadKubeconfig(gateway.kubeconfig), userAgent: "test" }, deps);
  const { signal } = new AbortController();
  const running: Running[] = [];
  return {
    gateway,
    client,
    signal,
    async startControllers(config = {}) {
      const controllers = await startController({ kubeconfig: gateway.kubeconfig, ...config }, deps);
      running.push(controllers);
      return controllers;
    },
    startKubelet: () => startKubelet(client),
    async namespace(name) {
      await client.create(kinds.namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } }, { signal });
      return name;
    },
    pods: async (namespace) => (await client.list(kinds.pods, { namespace, signal })).items,
    async stop() {
      for (const controllers of running) await controllers.stop();
      await client.close();
      await gateway.stop();
    },
  };
}

let nextIp = 1;

async function startKubelet(client: RestClient): Promise<() => Promise<void>> {
  const end = new AbortController();
  const { signal } = end;
  const pods = createInformer({ kind: kinds.pods }, { client, ...deps });
  const writes = new Set<Promise<unknown>>();
  const makeReady = (pod: Readonly<Pod>) => {
    if (pod.status?.phase === "Running") return;
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime: timestamp(realClock) }];
    const ip = `10.1.${nextIp >> 8}.${nextIp++ & 255}`;
    const status = { ...pod.status, phase: "Running", podIP: ip, podIPs: [{ ip }], conditions };
    const write = client
      .update(kinds.pods, { ...pod, status }, { subresource: "status", signal })
      .catch((error: unknown) => {
        if (!signal.aborted && !(error instanceof StatusError)) throw error;
      })
      .finally(() => writes.delete(write));
    writes.add(write);
  };
  pods.addHandler({ onAdd: makeReady, onUpdate: (_old, pod) => makeReady(pod) });
  const run = pods.run({ signal });
  await pods.whenSynced({ signal });
  return async () => {
    end.abort(new Error("the kubelet ends"));
    await Promise.all([run, ...writes]);
  };
}

export function deployment(name: string, namespace: string, replicas: number, image = "nginx:1"): Deployment {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
    },
  };
}

/** {@link eventually}, with patience for a machine that does much else. */
export const soon = <T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: { everyMs?: number } = {},
): Promise<T> => eventually(what, condition, { timeoutMs: 40_000, ...options });

/** A Deployment as `kubectl rollout status` wants to see it. */
export async function rolledOut(bench: ControllerBench, wanted: Deployment): Promise<Deployment | undefined> {
  const current = await bench.client.get(kinds.deployments, keyOf(wanted), { signal: bench.signal });
  const { status = {}, spec, metadata } = current;
  const done =
    (status.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    status.updatedReplicas === spec?.replicas &&
    status.replicas === spec?.replicas &&
    status.availableReplicas === spec?.replicas;
  return done ? current : undefined;
}

import { join } from "node:path";
import { nodes } from "../api/core/v1/node.ts";
import { pods } from "../api/core/v1/pod.ts";
import type { Node, Pod } from "../api/generated/types.ts";
import { createCoreEventRecorders } from "../client/core-event-recorder.ts";
import { createRestClient } from "../client/create-rest-client.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import { createInformer } from "../client/shared-informer.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { packageRoot } from "../component-base/package-root.ts";
import type { Running } from "../component-base/running.ts";
import { defaultCapacity, type KubeletSimConfig, nodeNames } from "./config.ts";
import { logAnswer } from "./container-logs.ts";
import { execTarget } from "./exec/exec-target.ts";
import { NodeAgents } from "./node-agents.ts";
import { PodDriver } from "./pod-driver.ts";
import { PodIps } from "./pod-ips.ts";
import { startKubeletServer } from "./server.ts";
import { loadStages } from "./stage-file.ts";

export interface KubeletSimDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** One queue for all kubelets: thousands of pods may start at once, each with four events. */
const maxQueuedEvents = 20_000;
const userAgent = "kubelet-sim/v1.36.0 (linux/amd64) gatehouse";

/** Simulates nodes. Resolves when all are registered and Ready, and their pods are known. */
export async function startKubeletSim(config: KubeletSimConfig, deps: KubeletSimDeps): Promise<Running> {
  const { clock, log } = deps;
  const address = config.address ?? "127.0.0.1";
  const stagesFiles = config.stagesFiles ?? [join(packageRoot(), "kubelet-sim/stages/pod.yaml")];
  const stages = stagesFiles.flatMap((file) => loadStages(file));
  const server = typeof config.kubeconfig === "string" ? loadKubeconfig(config.kubeconfig) : config.kubeconfig;
  // Heartbeats have connections of their own: however busy the pods are, no node may seem dead.
  const client = createRestClient({ ...server, userAgent }, deps);
  const nodeClient = createRestClient({ ...server, userAgent, connections: 8 }, deps);
  const recorders = createCoreEventRecorders({ client, clock, log, maxQueued: maxQueuedEvents });
  const stop = new AbortController();
  const { signal } = stop;

  const podInformer = createInformer<Pod>({ kind: pods, fieldSelector: "spec.nodeName!=" }, { client, clock, log });
  const nodeInformer = createInformer<Node>({ kind: nodes }, { client: nodeClient, clock, log });
  const http = await startKubeletServer(
    { address, port: config.port ?? 0, tls: config.tls },
    {
      findPod: (namespace, name) => podInformer.get({ namespace, name }),
      logOf: (pod, container, parameters) => logAnswer(pod, container, parameters, clock),
      execIn: execTarget,
      clock,
      log,
    },
  );
  const agents = new NodeAgents(
    {
      facts: nodeNames(config).map((name) => ({
        name,
        address,
        port: http.port,
        capacity: config.capacity ?? defaultCapacity,
        labels: config.nodeLabels ?? {},
      })),
      leaseRenewIntervalMs: config.leaseRenewIntervalMs ?? 10_000,
      statusReportIntervalMs: config.statusReportIntervalMs ?? 300_000,
    },
    { client: nodeClient, recorders, clock, log, onReady: (nodeName) => driver.hostReady(nodeName) },
  );
  const driver = new PodDriver(
    {
      client,
      recorders,
      stages,
      ips: new PodIps({ clusterCidr: config.clusterCidr ?? "10.244.0.0/16" }),
      host: (nodeName) => agents.host(nodeName),
      clock,
      log,
    },
    { signal },
  );
  podInformer.addHandler({
    onAdd: (pod) => driver.observe(pod),
    onUpdate(old, pod) {
      if (old.metadata?.uid !== pod.metadata?.uid) driver.forget(old);
      driver.observe(pod);
    },
    onDelete: (pod) => driver.forget(pod),
  });
  nodeInformer.addHandler({
    onAdd: (node) => agents.observe(node),
    onUpdate: (_old, node) => agents.observe(node),
    onDelete: (node) => agents.forget(node),
  });

  const registered = nodeInformer.whenSynced({ signal }).then(() => agents.register({ signal }));
  const loops = [
    podInformer.run({ signal }),
    nodeInformer.run({ signal }),
    recorders.run({ signal }),
    podInformer.whenSynced({ signal }).then(() => driver.start()),
    registered.then(() => agents.run({ signal })),
  ];
  let stopping: Promise<void> | undefined;
  const stopAll = async () => {
    stop.abort(new Error("kubelet-sim is stopping"));
    await Promise.allSettled(loops);
    await driver.idle();
    await http.close();
    await Promise.all([client.close(), nodeClient.close()]);
  };
  const running: Running = {
    stop: () => (stopping ??= stopAll()),
    done: Promise.all(loops).then(
      () => undefined,
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    ),
  };
  const ready = Promise.all([podInformer.whenSynced({ signal }), registered]);
  await Promise.race([ready, running.done]);
  return running;
}

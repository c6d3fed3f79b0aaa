import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { nodes } from "../../api/core/v1/node.ts";
import { pods } from "../../api/core/v1/pod.ts";
import type { Node, Pod } from "../../api/generated/types.ts";
import { nameOf } from "../../api/meta.ts";
import { createCoreEventRecorders } from "../../client/core-event-recorder.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import { createInformer } from "../../client/shared-informer.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import { packageRoot } from "../../component-base/package-root.ts";
import type { ProcessTable } from "../../component-base/process-table.ts";
import type { Running } from "../../component-base/running.ts";
import { type LogAnswer, logAnswer } from "../container-logs.ts";
import type { ExecTarget } from "../exec/exec-session.ts";
import { execTarget } from "../exec/exec-target.ts";
import { NodeAgents } from "../node-agents.ts";
import { PodDriver } from "../pod-driver.ts";
import { PodIps } from "../pod-ips.ts";
import { startKubeletServer } from "../server.ts";
import { loadStages } from "../stage-file.ts";
import { type ControlPlaneNodeConfig, defaultNodeName } from "./config.ts";
import { bareContainer, etcdContainer } from "./etcd-container.ts";
import type { StaticPod } from "./mirror-pod.ts";
import { MirrorPods } from "./mirror-pods.ts";
import { processLog } from "./process-log.ts";
import { RunLogs } from "./run-logs.ts";

export interface ControlPlaneNodeDeps {
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly log: Logger;
}

const userAgent = "kubelet/v1.36.0 (linux/amd64) gatehouse";
/** Apart from those of other simulated kubelets. */
const podRange = "10.245.0.0/24";

/**
 * Plays the kubelet of the machine on which the control plane runs: a node with the control plane's processes as mirror Pods,
 * their logs, and `exec` in etcd's. Resolves at once; the node appears as soon as the API server takes it.
 */
export function startControlPlaneNode(config: ControlPlaneNodeConfig, deps: ControlPlaneNodeDeps): Promise<Running> {
  return new ControlPlaneNode(config, deps).start();
}

class ControlPlaneNode {
  readonly #config: ControlPlaneNodeConfig & { readonly nodeName: string; readonly hostIp: string };
  readonly #deps: ControlPlaneNodeDeps;
  readonly #stop = new AbortController();
  readonly #runLogs: RunLogs;

  constructor(config: ControlPlaneNodeConfig, deps: ControlPlaneNodeDeps) {
    const { nodeName = defaultNodeName, address: hostIp = "127.0.0.1" } = config;
    this.#config = { ...config, nodeName, hostIp };
    this.#deps = deps;
    this.#runLogs = new RunLogs(deps.processes, this.#stop);
  }

  async start(): Promise<Running> {
    const { clock, log, processes } = this.#deps;
    const { nodeName, hostIp, tls, kubeconfig } = this.#config;
    const { signal } = this.#stop;
    const server = typeof kubeconfig === "string" ? loadKubeconfig(kubeconfig) : kubeconfig;
    const client = createRestClient({ ...server, userAgent, connections: 4 }, { clock, log });
    const recorders = createCoreEventRecorders({ client, clock, log });
    const informed = { client, clock, log };
    const podInformer = createInformer<Pod>({ kind: pods, fieldSelector: `spec.nodeName=${nodeName}` }, informed);
    const nodeInformer = createInformer<Node>({ kind: nodes, fieldSelector: `metadata.name=${nodeName}` }, informed);
    const mirrors: MirrorPods = new MirrorPods(this.#config, {
      client,
      processes,
      seen: podInformer,
      node: () => nodeInformer.get({ namespace: "", name: nodeName }),
      recorders,
      clock,
      log,
    });
    const door = await startKubeletServer(
      { address: hostIp, port: 0, tls },
      {
        findPod: (namespace, name) => podInformer.get({ namespace, name }),
        logOf: (pod, container, parameters) => this.#logOf(mirrors, pod, container, parameters),
        execIn: (pod, container) => this.#execIn(mirrors, pod, container),
        clock,
        log,
      },
    );
    const facts = {
      name: nodeName,
      address: hostIp,
      port: door.port,
      capacity: this.#config.capacity ?? machineCapacity(),
      labels: {
        "node-role.kubernetes.io/control-plane": "",
        "node.kubernetes.io/exclude-from-external-load-balancers": "",
      },
      taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
    };
    const agents: NodeAgents = new NodeAgents(
      {
        facts: [facts],
        leaseRenewIntervalMs: this.#config.leaseRenewIntervalMs ?? 10_000,
        statusReportIntervalMs: 300_000,
      },
      { client, recorders, clock, log, onReady: (name) => driver.hostReady(name) },
    );
    const stages = loadStages(join(packageRoot(), "kubelet-sim/stages/pod.yaml"));
    const ips = new PodIps({ clusterCidr: podRange });
    const host = (name: string) => agents.host(name);
    const driver = new PodDriver({ client, recorders, stages, ips, host, clock, log }, { signal });
    podInformer.addHandler({
      onAdd: (pod) => see(pod),
      onUpdate(old, pod) {
        if (old.metadata?.uid !== pod.metadata?.uid) driver.forget(old);
        see(pod);
      },
      onDelete(pod) {
        driver.forget(pod);
        mirrors.notice();
      },
    });
    const see = (pod: Readonly<Pod>) => {
      if (mirrors.isMirror(pod)) mirrors.notice();
      else driver.observe(pod);
    };
    nodeInformer.addHandler({
      onAdd(node) {
        agents.observe(node);
        mirrors.notice();
      },
      onUpdate: (_old, node) => agents.observe(node),
      onDelete: (node) => agents.forget(node),
    });
    const synced = Promise.all([podInformer.whenSynced({ signal }), nodeInformer.whenSynced({ signal })]);
    const loops = [
      podInformer.run({ signal }),
      nodeInformer.run({ signal }),
      recorders.run({ signal }),
      synced.then(() => driver.start()),
      synced.then(() => mirrors.run({ signal })),
      synced.then(() => agents.register({ signal })).then(() => agents.run({ signal })),
    ];
    let stopping: Promise<void> | undefined;
    const stopAll = async () => {
      this.#stop.abort(new Error("the control plane's node is stopping"));
      await Promise.allSettled(loops);
      await driver.idle();
      await door.close();
      await client.close();
    };
    return {
      stop: () => (stopping ??= stopAll()),
      done: Promise.all(loops).then(
        () => undefined,
        (error: unknown) => {
          if (!signal.aborted) throw error;
        },
      ),
    };
  }

  #logOf(mirrors: MirrorPods, pod: Pod, container: string, parameters: URLSearchParams): LogAnswer {
    const { clock } = this.#deps;
    const found = mirrors.isMirror(pod) ? mirrors.find(nameOf(pod)) : undefined;
    if (found === undefined) return logAnswer(pod, container, parameters, clock);
    const wantsPrevious = parameters.get("previous") === "true";
    const part = wantsPrevious ? this.#runLogs.previous(found.process) : this.#runLogs.current(found.process);
    if (part !== undefined) return processLog(part, parameters, { clock });
    const message = `previous terminated container "${container}" in pod "${nameOf(pod)}" not found`;
    return { kind: "refused", statusCode: 400, message };
  }

  #execIn(mirrors: MirrorPods, pod: Pod, container: string): ExecTarget {
    const found = mirrors.isMirror(pod) ? mirrors.find(nameOf(pod)) : undefined;
    return execTarget(pod, container, found === undefined ? undefined : () => this.#containerOf(found));
  }

  #containerOf({ process, name }: StaticPod) {
    const { nodeName, etcdTools, folder } = this.#config;
    const { clientUrl } = process;
    if (clientUrl === undefined || etcdTools === undefined) return bareContainer(nodeName);
    return etcdContainer({ pod: name, hostname: nodeName, clientUrl, tools: etcdTools(process), folder });
  }
}

function machineCapacity(): Record<string, string> {
  return {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: "110",
    "ephemeral-storage": "200Gi",
  };
}

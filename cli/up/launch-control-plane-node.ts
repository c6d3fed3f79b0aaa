import { createWriteStream, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import type { Clock } from "../../component-base/clock.ts";
import { loggerFor } from "../../component-base/configured-logger.ts";
import type { ProcessInfo, ProcessTable } from "../../component-base/process-table.ts";
import type { Running } from "../../component-base/running.ts";
import { probeEtcd } from "../../etcd/find.ts";
import type { ControlPlaneNodeConfig, EtcdTools } from "../../kubelet-sim/control-plane-node/config.ts";
import type { Plane } from "./components.ts";
import { EtcdVersions } from "./etcd-versions.ts";
import { controlPlaneNodeKubeconfig } from "./plane.ts";

/** The node that shows the plane's own processes, as a part of the plane. Nothing depends on it. */
export class ControlPlaneNodePart {
  readonly name = "control-plane node";
  readonly #plane: Plane;
  readonly #processes: ProcessTable;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(plane: Plane, processes: ProcessTable, deps: { readonly clock: Clock }) {
    this.#plane = plane;
    this.#processes = processes;
    this.#clock = deps.clock;
  }

  preload(): void {
    // Its code is loaded when all else is ready.
  }

  /** Does nothing: nobody waits for it. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Starts it, when all else is ready. What goes wrong is in its log. */
  begin(): void {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#done;
  }

  async #run(): Promise<void> {
    const { config, folder } = this.#plane;
    const { signal } = this.#stopping;
    const stream = createWriteStream(join(folder.logs, "control-plane-node.log"), { flags: "a", mode: 0o600 });
    const log = loggerFor("control-plane-node", config, { write: (line) => stream.writable && stream.write(line) });
    let running: Running | undefined;
    try {
      const { startControlPlaneNode } = await import("../../kubelet-sim/control-plane-node/start.ts");
      signal.throwIfAborted();
      const processes = new EtcdVersions(this.#processes, async (program) => {
        const found = await probeEtcd(program, { signal });
        return typeof found === "string" ? undefined : found.version;
      });
      running = await startControlPlaneNode(this.#config(), { processes, clock: this.#clock, log });
      const stopped = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([running.done, stopped]);
    } catch (err) {
      if (!signal.aborted) log.error({ err }, "the control plane's processes are not shown any more");
    } finally {
      await running?.stop();
      stream.end();
      await finished(stream);
    }
  }

  #config(): ControlPlaneNodeConfig {
    const { folder, pki, etcdFiles } = this.#plane;
    return {
      kubeconfig: controlPlaneNodeKubeconfig(folder),
      folder: join(folder.root, "control-plane-node"),
      mountedPaths: [
        { onMachine: folder.pki, inPod: "/etc/kubernetes/pki" },
        { onMachine: join(folder.components, "scheduler.kubeconfig"), inPod: "/etc/kubernetes/scheduler.conf" },
        {
          onMachine: join(folder.components, "controller.kubeconfig"),
          inPod: "/etc/kubernetes/controller-manager.conf",
        },
      ],
      etcdTools: (member) => toolsBeside(member, etcdFiles),
      tls: { certFile: pki.kubeletServerCert, keyFile: pki.kubeletServerKey, clientCaFile: pki.caFile },
    };
  }
}

/** etcd's tools of the same release lie beside it. */
function toolsBeside({ commandLine }: ProcessInfo, files: EtcdTools["files"]): EtcdTools {
  const folder = dirname(commandLine[0] ?? "");
  const tool = (name: "etcdctl" | "etcdutl") => {
    const path = join(folder, name);
    return existsSync(path) ? { [name]: path } : {};
  };
  return { ...tool("etcdctl"), ...tool("etcdutl"), files };
}

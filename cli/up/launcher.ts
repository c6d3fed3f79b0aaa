import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../component-base/clock.ts";
import { packageRoot } from "../../component-base/package-root.ts";
import type { ProcessTable } from "../../component-base/process-table.ts";
import type { ClusterLinks } from "../../etcd/links.ts";
import type { DataDir } from "../data-dir.ts";
import type { FaultEngine } from "../fault/fault-engine.ts";
import { writePlaneFacts } from "../plane-file.ts";
import { UserError } from "../user-error.ts";
import {
  type ComponentRow,
  componentArgv,
  componentRows,
  type Gateway,
  instanceNames,
  type Plane,
} from "./components.ts";
import { ControlServer } from "./control/control-server.ts";
import { bundledEtcd, type EtcdAccess, ownersEtcd } from "./etcd-access.ts";
import type { EtcdCluster } from "./etcd-cluster.ts";
import { balancerPart } from "./launch-balancer.ts";
import { ControlPlaneNodePart } from "./launch-control-plane-node.ts";
import { prepareProcess } from "./launch-process.ts";
import { periodicSnapshots } from "./launch-snapshots.ts";
import type { LivePlane, Loop } from "./live-plane.ts";
import { type Part, simplePart } from "./part.ts";
import { endLeftovers, killLeftovers } from "./pid-file.ts";
import { choosePorts, makeCredentials, serverUrl } from "./plane.ts";
import { planeFaults } from "./plane-faults.ts";
import { PlaneProcesses } from "./plane-processes.ts";
import { stopInOrder } from "./stop-in-order.ts";
import { Supervised } from "./supervise.ts";
import type { UpConfig } from "./up-flags.ts";

export interface LauncherDeps {
  readonly clock: Clock;
  /** Tells the user: one line. */
  readonly say: (line: string) => void;
}

/**
 * Everything that one `up` runs: etcd, then the API servers, then the loops. All load their code at the same time, each starts
 * when what it needs is ready, and what ends by itself is started again. Stopped in reverse order. While it runs, commands
 * ask it through the control socket for what only it can do.
 */
export class Launcher implements LivePlane {
  readonly config: UpConfig;
  readonly folder: DataDir;
  readonly deps: LauncherDeps;
  readonly faults: FaultEngine;
  /** Parts that start together, in the order of starting. */
  readonly #groups: Part[][] = [];
  readonly #stopping = new AbortController();
  /** Settled unless a first try to start is being taken back. */
  #withdrawn: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #plane: Plane | undefined;
  #etcd: EtcdCluster | undefined;
  #links: ClusterLinks | undefined;
  #loops: Loop[] = [];

  constructor(config: UpConfig, folder: DataDir, deps: LauncherDeps) {
    this.config = config;
    this.folder = folder;
    this.deps = deps;
    this.faults = planeFaults(this, () => this.#links);
  }

  /**
   * Resolves with the API server's URL when everything is ready. A port that was free when it was chosen may be another
   * program's when it is used; then others are chosen, once.
   * @throws when a component does not start; `stop()` is needed then as well
   */
  async start(options: { readonly signal: AbortSignal }): Promise<string> {
    const { securePort, etcdServers } = this.config;
    const signal = AbortSignal.any([options.signal, this.#stopping.signal]);
    await endLeftovers(this.folder.run, this.deps, { signal });
    try {
      return await this.#startAll(signal);
    } catch (error) {
      const chosen = securePort === 0 || etcdServers.length === 0;
      if (!chosen || !isPortTaken(error) || signal.aborted) throw error;
      this.deps.say("another program has just taken a port that was free; starting again on other ports");
      this.#withdrawn = this.#stopGroups();
      await this.#withdrawn;
      return await this.#startAll(signal);
    }
  }

  /** Stops what runs, or starts, within 4 s or so; what hangs is killed, with a line that says so. Never rejects; idempotent. */
  stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    // What is paused cannot end by itself, nor what waits for a link.
    if (this.#stopped === undefined) this.faults.letGo();
    this.#stopped ??= this.#withdrawn.then(() => this.#stopGroups());
    return this.#stopped;
  }

  get etcd(): EtcdCluster {
    if (this.#etcd !== undefined) return this.#etcd;
    throw new UserError("this control plane uses an etcd of your own (--etcd-servers), which Gatehouse does not run");
  }

  get runsEtcd(): boolean {
    return this.#etcd !== undefined;
  }

  get plane(): Plane {
    if (this.#plane === undefined) throw new UserError("the control plane is still starting");
    return this.#plane;
  }

  gateways(): readonly Loop[] {
    return this.#loops.filter(({ row }) => row.user === undefined);
  }

  loops(): readonly Loop[] {
    return this.#loops.filter(({ row }) => row.user !== undefined);
  }

  processes(): ProcessTable {
    return new PlaneProcesses(this);
  }

  process(name: string): Supervised {
    const members = this.#etcd?.members().map(({ process }) => process) ?? [];
    const all = [...members, ...this.#loops.map(({ process }) => process)];
    const found = all.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw new UserError(`there is no process ${name}, only ${all.map((process) => process.name).join(", ")}`);
  }

  async repoint(options: { readonly signal: AbortSignal }): Promise<void> {
    const { plane } = this;
    const etcdServers = this.#etcd?.clientUrls() ?? plane.etcdServers;
    const gateways = plane.gateways.map((gateway, index) => ({
      ...gateway,
      ...this.#waysToEtcd(gateway.name, index, etcdServers),
    }));
    this.#plane = { ...plane, etcdServers, gateways };
    this.#writeFacts(this.#plane);
    for (const [index, { process }] of this.gateways().entries()) {
      const isSame = isDeepStrictEqual(gateways[index], plane.gateways[index]);
      if (isSame || process.state === "held") continue;
      // Killed or not, it is down.
      await process.hold().catch(() => undefined);
      await process.resume(options);
    }
  }

  async #startAll(signal: AbortSignal): Promise<string> {
    const { config } = this;
    const [securePort = 0, ...gatewayPorts] = await choosePorts(config);
    const server = serverUrl(config, securePort);
    const [pki, { etcdServers, etcdFiles }] = await Promise.all([
      makeCredentials(config, this.folder, server, this.deps),
      this.#prepareEtcd(signal),
    ]);
    const ports = gatewayPorts.length > 0 ? gatewayPorts : [securePort];
    const gateways = instanceNames(gatewayRow, config).map(
      (name, index): Gateway => ({
        name,
        port: ports[index] ?? 0,
        ...this.#waysToEtcd(name, index, etcdServers),
      }),
    );
    this.#plane = { config, folder: this.folder, pki, securePort, gateways, etcdServers, etcdFiles };
    // From here on there is something to stop.
    signal.throwIfAborted();
    this.#loops = componentRows.flatMap((row) =>
      instanceNames(row, config).map((name, index) => this.#component(row, name, index)),
    );
    this.#groups.push(this.gateways().map(({ process }) => process));
    if (gateways.length > 1) this.#groups.push([balancerPart(this.#plane, this.deps)]);
    const showsProcesses = config.controlPlaneNode && !config.singleProcess;
    const node = showsProcesses ? new ControlPlaneNodePart(this.#plane, this.processes(), this.deps) : undefined;
    this.#groups.push([...this.loops().map(({ process }) => process), ...(node === undefined ? [] : [node])]);
    this.#groups.push([new ControlServer(this, this.deps)]);
    if (config.snapshotEvery > 0) this.#groups.push([periodicSnapshots(config, this.folder, this.deps)]);
    for (const part of this.#groups.flat()) part.preload();
    for (const group of this.#groups) {
      signal.throwIfAborted();
      await Promise.all(group.map((part) => part.start()));
    }
    this.#writeFacts(this.#plane);
    node?.begin();
    return server;
  }

  async #prepareEtcd(signal: AbortSignal): Promise<EtcdAccess> {
    const { config, folder, deps } = this;
    if (config.etcdServers.length > 0) return ownersEtcd(config);
    const access = await bundledEtcd(config, folder, instanceNames(gatewayRow, config), deps, { signal });
    const { cluster, links } = access;
    this.#etcd = cluster;
    this.#links = links;
    cluster?.onChange(() => this.faults.refresh());
    if (cluster !== undefined) this.#groups.unshift([cluster]);
    if (links !== undefined) this.#groups.unshift([simplePart("links", { stop: () => links.stop() })]);
    return access;
  }

  #writeFacts(plane: Plane): void {
    const { config, etcdServers, etcdFiles, securePort } = plane;
    const server = serverUrl(config, securePort);
    const gateways = plane.gateways.map(({ name, port }) => ({ name, url: serverUrl(config, port) }));
    writePlaneFacts(this.folder, { server, gateways, etcdPrefix: config.etcdPrefix, etcdServers, etcdFiles });
  }

  /** Through which members a gateway speaks to etcd, and through which links. */
  #waysToEtcd(gateway: string, index: number, servers: readonly string[]) {
    const links = this.#links;
    const members = this.#etcd?.plan() ?? [];
    const linked = links && members.map(({ name }) => ({ name, url: links.clientUrl(gateway, name) }));
    const all = linked?.map(({ url }) => url) ?? servers;
    const stacked = this.config.etcdTopology === "stacked";
    return {
      etcdServers: stacked ? all.slice(index % all.length).slice(0, 1) : all,
      memberServers: linked?.map(({ name, url }) => `${name}=${url}`) ?? [],
    };
  }

  #stopGroups(): Promise<void> {
    const kill = () => killLeftovers(this.folder.run, this.deps);
    return stopInOrder(this.#groups.splice(0).reverse(), { ...this.deps, kill });
  }

  #component(row: ComponentRow, name: string, index: number): Loop {
    const inline = async () =>
      (await import("./launch-inline.ts")).prepareInline(row, { name, index }, this.plane, this.deps);
    const script = join(packageRoot(), "dist", row.name, "main.js");
    const logPath = join(this.folder.logs, `${name}.log`);
    const separate = () =>
      prepareProcess({
        name,
        script,
        argv: componentArgv(row, index, this.plane),
        logs: this.folder.logs,
        run: this.folder.run,
        environment: process.env,
        clock: this.deps.clock,
      });
    const supervised = new Supervised({ name, prepare: this.config.singleProcess ? inline : separate, ...this.deps });
    const commandLine = () => [process.execPath, script, ...componentArgv(row, index, this.plane)];
    return { row, process: supervised, logPath, commandLine };
  }
}

const gatewayRow = componentRows[0] as ComponentRow;

/** Components say why they failed in words only: those of the system for EADDRINUSE, from Node as from Go. */
function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes("address already in use");
}

import { join, resolve } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { packageRoot } from "../../component-base/package-root.ts";
import type { EtcdConfig } from "../../etcd/config.ts";
import { findEtcd } from "../../etcd/find.ts";
import { ensureEtcdPki } from "../../etcd/pki.ts";
import { planMembers } from "../../etcd/plan.ts";
import type { DataDir } from "../data-dir.ts";
import { writePlaneFacts } from "../plane-file.ts";
import { type ComponentRow, componentArgv, componentRows, instanceNames, type Plane } from "./components.ts";
import { prepareEtcd } from "./launch-etcd.ts";
import { prepareProcess } from "./launch-process.ts";
import { endLeftovers, killLeftovers } from "./pid-file.ts";
import { choosePort, makeCredentials, serverUrl } from "./plane.ts";
import { stopInOrder } from "./stop-in-order.ts";
import { Supervised } from "./supervise.ts";
import type { UpConfig } from "./up-flags.ts";

export interface LauncherDeps {
  readonly clock: Clock;
  /** Tells the user: one line. */
  readonly say: (line: string) => void;
}

/**
 * Everything that one `up` runs: etcd, then the API server, then the loops. All load their code at the same time, each starts
 * when what it needs is ready, and what ends by itself is started again. Stopped in reverse order.
 */
export class Launcher {
  readonly #config: UpConfig;
  readonly #folder: DataDir;
  readonly #deps: LauncherDeps;
  /** Components that start together, in the order of starting. */
  readonly #groups: Supervised[][] = [];
  readonly #stopping = new AbortController();
  /** Settled unless a first try to start is being taken back. */
  #withdrawn: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(config: UpConfig, folder: DataDir, deps: LauncherDeps) {
    this.#config = config;
    this.#folder = folder;
    this.#deps = deps;
  }

  /**
   * Resolves with the API server's URL when everything is ready. A port that was free when it was chosen may be another
   * program's when it is used; then others are chosen, once.
   * @throws when a component does not start; `stop()` is needed then as well
   */
  async start(options: { readonly signal: AbortSignal }): Promise<string> {
    const { securePort, etcdServers } = this.#config;
    const signal = AbortSignal.any([options.signal, this.#stopping.signal]);
    await endLeftovers(this.#folder.run, this.#deps, { signal });
    try {
      return await this.#startAll(signal);
    } catch (error) {
      const chosen = securePort === 0 || etcdServers.length === 0;
      if (!chosen || !isPortTaken(error) || signal.aborted) throw error;
      this.#deps.say("another program has just taken a port that was free; starting again on other ports");
      this.#withdrawn = this.#stopGroups();
      await this.#withdrawn;
      return await this.#startAll(signal);
    }
  }

  async #startAll(signal: AbortSignal): Promise<string> {
    const config = this.#config;
    const securePort = await choosePort(config);
    const server = serverUrl(config, securePort);
    const etcd = config.etcdServers.length > 0 ? this.#ownersEtcd() : this.#bundledEtcd({ signal });
    const [pki, etcdAccess] = await Promise.all([makeCredentials(config, this.#folder, server, this.#deps), etcd]);
    const plane: Plane = { config, folder: this.#folder, pki, securePort, ...etcdAccess };
    // From here on there is something to stop.
    signal.throwIfAborted();
    const loops: Supervised[] = [];
    for (const row of componentRows) {
      const group = instanceNames(row, config).map((name) => this.#component(row, name, plane));
      if (row.user === undefined) this.#groups.push(group);
      else loops.push(...group);
    }
    this.#groups.push(loops);
    for (const component of this.#groups.flat()) component.preload();
    for (const group of this.#groups) {
      signal.throwIfAborted();
      await Promise.all(group.map((component) => component.start()));
    }
    writePlaneFacts(this.#folder, { server, etcdPrefix: config.etcdPrefix, ...etcdAccess });
    return server;
  }

  /** Stops what runs, or starts, within 4 s or so; what hangs is killed, with a line that says so. Never rejects; idempotent. */
  stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    this.#stopped ??= this.#withdrawn.then(() => this.#stopGroups());
    return this.#stopped;
  }

  #stopGroups(): Promise<void> {
    const kill = () => killLeftovers(this.#folder.run, this.#deps);
    return stopInOrder(this.#groups.splice(0).reverse(), { ...this.#deps, kill });
  }

  #component(row: ComponentRow, name: string, plane: Plane): Supervised {
    const inline = async () => (await import("./launch-inline.ts")).prepareInline(row, name, plane, this.#deps);
    const separate = () =>
      prepareProcess({
        name,
        script: join(packageRoot(), "dist", row.name, "main.js"),
        argv: componentArgv(row, plane),
        logs: this.#folder.logs,
        run: this.#folder.run,
        environment: process.env,
        clock: this.#deps.clock,
      });
    return new Supervised({ name, prepare: this.#config.singleProcess ? inline : separate, ...this.#deps });
  }

  /** An etcd of the user's own: nothing is started. */
  #ownersEtcd() {
    const { etcdServers, etcdCafile, etcdCertfile, etcdKeyfile } = this.#config;
    // Whole names, because other commands read them from other folders.
    const whole = (file: string) => (file === "" ? "" : resolve(file));
    const etcdFiles = { ca: whole(etcdCafile), cert: whole(etcdCertfile), key: whole(etcdKeyfile) };
    return Promise.resolve({ etcdServers, etcdFiles });
  }

  async #bundledEtcd(options: { readonly signal: AbortSignal }) {
    const folder = this.#folder;
    const [binary, pki, plan] = await Promise.all([
      findEtcd({ environment: process.env, say: this.#deps.say }, options),
      ensureEtcdPki(folder.etcdPki, this.#deps),
      planMembers(folder.etcd, 1),
    ]);
    const config = etcdConfig(this.#config, folder, { binary: binary.path, certificates: pki.server, plan });
    const supervised = new Supervised({
      name: "etcd",
      prepare: async () => prepareEtcd(config, folder, this.#deps, { signal: this.#stopping.signal }),
      ...this.#deps,
    });
    this.#groups.unshift([supervised]);
    const etcdServers = plan.map((member) => `https://127.0.0.1:${member.clientPort}`);
    return { etcdServers, etcdFiles: pki.gateway };
  }
}

/** Components say why they failed in words only: those of the system for EADDRINUSE, from Node as from Go. */
function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes("address already in use");
}

function etcdConfig(
  config: UpConfig,
  folder: DataDir,
  found: Pick<EtcdConfig, "binary" | "certificates" | "plan">,
): EtcdConfig {
  return {
    ...found,
    dataDir: folder.etcd,
    logDir: folder.logs,
    ...(config.etcdQuotaBackendBytes > 0 && { quotaBackendBytes: config.etcdQuotaBackendBytes }),
    ...(config.etcdHeartbeatInterval > 0 && { heartbeatIntervalMs: config.etcdHeartbeatInterval }),
    ...(config.etcdElectionTimeout > 0 && { electionTimeoutMs: config.etcdElectionTimeout }),
    ...(config.unsafeNoFsync && { durability: "unsafe" as const }),
  };
}

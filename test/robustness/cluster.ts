import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyPair } from "../../component-base/certificates.ts";
import { type Clock, realClock } from "../../component-base/clock.ts";
import { type ClusterPki, ensureClusterPki } from "../../component-base/cluster-pki.ts";
import { toArgv } from "../../component-base/flags.ts";
import { freePorts } from "../../component-base/free-port.ts";
import { type GuardedChild, spawnGuarded } from "../../component-base/guarded-child.ts";
import { writeKubeconfig } from "../../component-base/kubeconfig-file.ts";
import { packageRoot } from "../../component-base/package-root.ts";
import type { EtcdConfig, MemberPlan } from "../../etcd/config.ts";
import { findEtcd } from "../../etcd/find.ts";
import { type ClusterLinks, startClusterLinks } from "../../etcd/links.ts";
import { startMember } from "../../etcd/member.ts";
import { type EtcdClientFiles, ensureEtcdPki } from "../../etcd/pki.ts";
import { eventually } from "../harness/eventually.ts";

/** A process that faults may end, pause and start again; it keeps its ports and its data. */
export interface Process {
  readonly name: string;
  running(): boolean;
  /** Sends a signal to the process, if it runs. */
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  /** Resolves when the process has ended. */
  ended(): Promise<void>;
  start(): Promise<void>;
}

export interface Member extends Process {
  readonly clientUrl: string;
  readonly metricsUrl: string;
}

export interface Gateway extends Process {
  readonly port: number;
  /** Resolves when /readyz says ok. */
  whenReady(): Promise<void>;
}

export interface RobustCluster {
  readonly folder: string;
  readonly etcdVersion: string;
  readonly members: readonly Member[];
  readonly gateways: readonly Gateway[];
  readonly loops: readonly Process[];
  /** Every connection between gateways and members, and between members. */
  readonly links: ClusterLinks;
  readonly pki: ClusterPki;
  readonly admin: KeyPair;
  /** With these the test speaks to etcd itself. */
  readonly etcdFiles: EtcdClientFiles;
  /** Starts scheduler, controllers and kubelets, which reach their gateways directly. */
  startLoops(): Promise<void>;
  /** Ends everything, kindly or not; removes the folder unless told to keep it. */
  stop(options?: { keepFolder?: boolean }): Promise<void>;
}

export interface ClusterOptions {
  readonly members: number;
  readonly gateways: number;
  /** Random numbers for the jitter of delayed links. */
  readonly random: () => number;
}

const loops = [
  { name: "scheduler", user: { commonName: "system:kube-scheduler" } },
  { name: "controller", user: { commonName: "system:kube-controller-manager" } },
  { name: "kubelet-sim", user: { commonName: "system:kubelet-sim", organizations: ["system:nodes"] } },
] as const;

/** A port that was free a moment ago may be another program's by now. */
const startTries = 3;

/** Members of etcd and gateways as real processes, with a relay on every link between a gateway and a member. */
export async function startCluster(options: ClusterOptions): Promise<RobustCluster> {
  for (let tries = 1; ; tries++) {
    const cluster = await startOnce(options);
    const dead = [...cluster.members, ...cluster.gateways].filter((process) => !process.running());
    if (dead.length === 0) return cluster;
    const last = tries === startTries;
    await cluster.stop({ keepFolder: last });
    if (last)
      throw new Error(`${dead.map(({ name }) => name).join(" and ")} did not stay up (logs: ${cluster.folder})`);
  }
}

async function startOnce(options: ClusterOptions): Promise<RobustCluster> {
  const clock = realClock;
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-robustness-"));
  const signal = AbortSignal.timeout(60_000);
  const binary = await findEtcd({ environment: process.env, say: () => undefined }, { signal });
  const etcdPki = await ensureEtcdPki(join(folder, "etcd-pki"), { clock });
  const pki = await ensureClusterPki(
    join(folder, "pki"),
    {
      users: [
        { name: "admin", commonName: "admin", organizations: ["system:masters"] },
        ...loops.map(({ name, user }) => ({ name, ...user })),
      ],
    },
    { clock },
  );
  const ports = await freePorts(options.members * 3 + options.gateways, { host: "127.0.0.1" });
  const take = () => ports.pop() ?? 0;
  const plan = Array.from({ length: options.members }, (_, index) => ({
    name: `etcd-${index + 1}`,
    clientPort: take(),
    peerPort: take(),
    metricsPort: take(),
  }));
  const etcdConfig: EtcdConfig = {
    binary: binary.path,
    dataDir: join(folder, "etcd"),
    logDir: folder,
    certificates: etcdPki.server,
    plan,
    // Processes are killed here, never the machine: what was written to a file stays written.
    durability: "unsafe",
  };
  const gatewayNames = Array.from({ length: options.gateways }, (_, index) =>
    index === 0 ? "apiserver" : `apiserver-${index + 1}`,
  );
  const links = await startClusterLinks(gatewayNames, { clock, random: options.random });
  await links.setMembers(plan);
  const members = plan.map((member) => etcdMember(member, plan, etcdConfig, { clock, links }));
  await Promise.all(members.map((member) => member.start()));
  const gateways = gatewayNames.map((name) => {
    const etcdServers = plan.map((member) => links.clientUrl(name, member.name));
    return gateway(name, take(), { folder, pki, etcdFiles: etcdPki.gateway, etcdServers });
  });
  const loopProcesses = loops.map(({ name }, index) => {
    const pair = pki.users.get(name) as KeyPair;
    const kubeconfig = join(folder, `${name}.kubeconfig`);
    const server = `https://127.0.0.1:${gateways[index % gateways.length]?.port}`;
    writeKubeconfig(kubeconfig, { server, ca: pki.ca, user: pair });
    return component(name, name, { kubeconfig, ...loopFlags(name, pki) }, folder);
  });
  const everything = [...loopProcesses, ...gateways, ...members];
  const cluster: RobustCluster = {
    folder,
    etcdVersion: binary.version,
    members,
    gateways,
    links,
    loops: loopProcesses,
    pki,
    admin: pki.users.get("admin") as KeyPair,
    etcdFiles: etcdPki.gateway,
    async startLoops() {
      await Promise.all(loopProcesses.map((loop) => loop.start()));
    },
    async stop({ keepFolder = false } = {}) {
      for (const child of everything) {
        child.signal("SIGCONT");
        child.signal("SIGKILL");
      }
      await Promise.all(everything.map((child) => child.ended()));
      await links.stop();
      if (!keepFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(gateways.map((one) => one.start()));
    await Promise.all(gateways.map((one) => one.whenReady()));
  } catch (error) {
    await cluster.stop({ keepFolder: true });
    throw error;
  }
  return cluster;
}

function loopFlags(name: string, pki: ClusterPki): Record<string, string | number> {
  if (name === "controller") return { "root-ca-file": pki.caFile };
  if (name !== "kubelet-sim") return {};
  return {
    nodes: 3,
    "tls-cert-file": pki.kubeletServerCert,
    "tls-private-key-file": pki.kubeletServerKey,
    "client-ca-file": pki.caFile,
  };
}

function etcdMember(
  plan: MemberPlan,
  all: readonly MemberPlan[],
  config: EtcdConfig,
  { clock, links }: { clock: Clock; links: ClusterLinks },
): Member {
  const metricsUrl = `http://127.0.0.1:${plan.metricsPort}`;
  const launch = async () => {
    const member = await startMember(config, plan, all, {
      clock,
      environment: process.env,
      variables: links.environment(plan.name),
    });
    return { pid: member.pid, exited: member.done.then(ignore, ignore) };
  };
  return { ...restartable(plan.name, launch), metricsUrl, clientUrl: `https://127.0.0.1:${plan.clientPort}` };
}

function gateway(
  name: string,
  port: number,
  {
    folder,
    pki,
    etcdFiles,
    etcdServers,
  }: { folder: string; pki: ClusterPki; etcdFiles: EtcdClientFiles; etcdServers: readonly string[] },
): Gateway {
  const flags = {
    "etcd-servers": etcdServers.join(","),
    "etcd-cafile": etcdFiles.ca,
    "etcd-certfile": etcdFiles.cert,
    "etcd-keyfile": etcdFiles.key,
    // When history is forgotten is a matter of the schedule of faults.
    "etcd-compaction-interval": "0s",
    "secure-port": port,
    "tls-cert-file": pki.serverCert,
    "tls-private-key-file": pki.serverKey,
    "client-ca-file": pki.caFile,
    "service-account-key-file": pki.serviceAccountPublicKey,
    "service-account-signing-key-file": pki.serviceAccountKey,
    "kubelet-certificate-authority": pki.caFile,
    "kubelet-client-certificate": pki.kubeletClientCert,
    "kubelet-client-key": pki.kubeletClientKey,
  };
  const child = component(name, "apiserver", flags, folder);
  const log = join(folder, `${name}.log`);
  return {
    ...child,
    port,
    async whenReady() {
      const before = () => readFileSync(log, "utf8").trimEnd().split("\n").slice(-20).join("\n");
      await eventually(`${name} is ready`, () => isListening(port), { timeoutMs: 30_000 }).catch((error) => {
        throw new Error(`${(error as Error).message}:\n${before()}`, { cause: error });
      });
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** A component of the built product. */
function component(
  name: string,
  program: string,
  flags: Readonly<Record<string, string | number>>,
  folder: string,
): Process {
  const script = join(packageRoot(), "dist", program, "main.js");
  const launch = async () => {
    const logFile = openSync(join(folder, `${name}.log`), "a");
    const child: GuardedChild = await spawnGuarded(process.execPath, [script, ...toArgv(flags)], {
      logFile,
      environment: process.env,
    }).finally(() => closeSync(logFile));
    return { pid: child.pid, exited: child.exited.then(ignore) };
  };
  return restartable(name, launch);
}

function restartable(name: string, launch: () => Promise<{ pid: number; exited: Promise<void> }>): Process {
  let current: { readonly pid: number; readonly exited: Promise<void>; running: boolean } | undefined;
  return {
    name,
    running: () => current?.running === true,
    signal(signal) {
      if (current?.running === true) process.kill(current.pid, signal);
    },
    ended: async () => current?.exited,
    async start() {
      if (current?.running === true) return;
      const { pid, exited } = await launch();
      const started = { pid, exited, running: true };
      current = started;
      exited.then(() => {
        started.running = false;
      });
    },
  };
}

function ignore(): void {
  // How a process ended is what its log is for; the owner starts it again when the schedule says so.
}

import { resolve } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { seededRandom } from "../../component-base/seeded-random.ts";
import type { EtcdConfig, MemberPlan } from "../../etcd/config.ts";
import { type EtcdBinary, findEtcd } from "../../etcd/find.ts";
import { type ClusterLinks, startClusterLinks } from "../../etcd/links.ts";
import { type EtcdClientFiles, ensureEtcdPki } from "../../etcd/pki.ts";
import { planMembers } from "../../etcd/plan.ts";
import type { DataDir } from "../data-dir.ts";
import { EtcdCluster } from "./etcd-cluster.ts";
import { quorumWarning } from "./quorum-warning.ts";
import type { UpConfig } from "./up-flags.ts";

/** The etcd of a plane, not started yet, and how gateways get to it. */
export interface EtcdAccess {
  /** Client URLs of all members. */
  readonly etcdServers: readonly string[];
  readonly etcdFiles: EtcdClientFiles;
  /** Absent when etcd is the user's own. */
  readonly cluster?: EtcdCluster;
  /** With `--faults` only. */
  readonly links?: ClusterLinks;
}

/** An etcd of the user's own: nothing is started. */
export function ownersEtcd({ etcdServers, etcdCafile, etcdCertfile, etcdKeyfile }: UpConfig): EtcdAccess {
  // Whole names, because other commands read them from other folders.
  const whole = (file: string) => (file === "" ? "" : resolve(file));
  return { etcdServers, etcdFiles: { ca: whole(etcdCafile), cert: whole(etcdCertfile), key: whole(etcdKeyfile) } };
}

/**
 * The bundled etcd: its program, its certificates, its members and, with `--faults`, its links.
 * @param clients - names of the gateways
 */
export async function bundledEtcd(
  config: UpConfig,
  folder: DataDir,
  clients: readonly string[],
  deps: { readonly clock: Clock; readonly say: (line: string) => void },
  options: { readonly signal: AbortSignal },
): Promise<EtcdAccess> {
  const [binary, pki, plan] = await Promise.all([
    findEtcd({ environment: process.env, say: deps.say }, options),
    ensureEtcdPki(folder.etcdPki, deps),
    planMembers(folder.etcd, config.etcdMembers || undefined),
  ]);
  const warning = quorumWarning(plan.length);
  if (warning !== undefined) deps.say(warning);
  const named = process.env["GATEHOUSE_ETCD"] ?? "";
  // Whoever names a program means it for all.
  const members = named === "" ? plan : plan.map(({ binary: _, ...member }) => member);
  const links = config.faults ? await startLinks(clients, members, deps) : undefined;
  const cluster = new EtcdCluster(
    etcdConfig(config, folder, binary, pki.server),
    members,
    { run: folder.run, ...(links && { links }) },
    deps,
  );
  return { etcdServers: cluster.clientUrls(), etcdFiles: pki.gateway, cluster, ...(links && { links }) };
}

async function startLinks(
  clients: readonly string[],
  members: readonly MemberPlan[],
  { clock }: { readonly clock: Clock },
): Promise<ClusterLinks> {
  const links = await startClusterLinks(clients, { clock, random: seededRandom(1) });
  await links.setMembers(members);
  return links;
}

function etcdConfig(
  config: UpConfig,
  folder: DataDir,
  binary: EtcdBinary,
  certificates: EtcdConfig["certificates"],
): Omit<EtcdConfig, "plan" | "members"> {
  return {
    binary: binary.path,
    certificates,
    dataDir: folder.etcd,
    logDir: folder.logs,
    ...(config.etcdQuotaBytes > 0 && { quotaBackendBytes: config.etcdQuotaBytes }),
    ...(config.etcdHeartbeatInterval > 0 && { heartbeatIntervalMs: config.etcdHeartbeatInterval }),
    ...(config.etcdElectionTimeout > 0 && { electionTimeoutMs: config.etcdElectionTimeout }),
    ...(config.unsafeNoFsync && { durability: "unsafe" as const }),
  };
}

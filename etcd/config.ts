import { join } from "node:path";

/** How to run the bundled etcd. */
export interface EtcdConfig {
  /** The program, as `findEtcd` found it. */
  readonly binary: string;
  /** Keeps each member's data, the plan of its ports, and nothing else. */
  readonly dataDir: string;
  /** Where `etcd.log` (or `etcd-N.log`) goes. */
  readonly logDir: string;
  readonly certificates: EtcdCertificateFiles;
  /** Default: as many as the data was made for, 1 for new data. */
  readonly members?: number;
  /** Who listens where, if somebody has been told already; default: as `planMembers` says when it starts. */
  readonly plan?: readonly MemberPlan[];
  /** Bytes the database may grow to before etcd refuses writes; default etcd's own (2 GiB). */
  readonly quotaBackendBytes?: number;
  /** Milliseconds; default 10 for one member, etcd's 100 for several. */
  readonly heartbeatIntervalMs?: number;
  /** Milliseconds, at least five heartbeats; default 50 for one member, etcd's 1,000 for several. */
  readonly electionTimeoutMs?: number;
  /** Default `sync`. `unsafe` skips fsync and may lose acknowledged writes when the machine fails: for tests only. */
  readonly durability?: "sync" | "unsafe";
  /** Further flags as etcd knows them. */
  readonly extraArgs?: readonly string[];
}

/** PEM files for mutual TLS. Clients and peers have authorities of their own, so a peer cannot pose as a client. */
export interface EtcdCertificateFiles {
  readonly clientCa: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly peerCa: string;
  readonly peerCert: string;
  readonly peerKey: string;
}

/** One member's place in the plan. */
export interface MemberPlan {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly metricsPort: number;
  /** It was added to a cluster that ran already. */
  readonly joins?: true;
  /** The program it was upgraded to; default the one that all run. */
  readonly binary?: string;
}

/** What a member that has nobody to talk to can afford. */
export const alone = { heartbeatMs: 10, electionMs: 50 } as const;
/** etcd's own. */
export const several = { heartbeatMs: 100, electionMs: 1_000 } as const;

/** The flags of one member. */
export function memberArgs(config: EtcdConfig, member: MemberPlan, plan: readonly MemberPlan[]): string[] {
  const { certificates } = config;
  const timing = plan.length === 1 ? alone : several;
  const flags: Record<string, string | number> = {
    name: member.name,
    "data-dir": join(config.dataDir, member.name),
    "listen-client-urls": clientUrl(member),
    "advertise-client-urls": clientUrl(member),
    "listen-peer-urls": `https://127.0.0.1:${member.peerPort}`,
    "initial-advertise-peer-urls": peerUrl(member),
    "initial-cluster": plan.map((peer) => `${peer.name}=${peerUrl(peer)}`).join(","),
    "initial-cluster-token": "gatehouse",
    "initial-cluster-state": member.joins === true ? "existing" : "new",
    "listen-metrics-urls": metricsUrl(member),
    "client-cert-auth": "true",
    "trusted-ca-file": certificates.clientCa,
    "cert-file": certificates.serverCert,
    "key-file": certificates.serverKey,
    "peer-client-cert-auth": "true",
    "peer-trusted-ca-file": certificates.peerCa,
    "peer-cert-file": certificates.peerCert,
    "peer-key-file": certificates.peerKey,
    // The JSON gateway would connect to etcd as a client, with a certificate that must not be accepted as one.
    "enable-grpc-gateway": "false",
    "heartbeat-interval": config.heartbeatIntervalMs ?? timing.heartbeatMs,
    "election-timeout": config.electionTimeoutMs ?? timing.electionMs,
    // The default from 3.5 on: a member that was cut off does not force an election when it comes back.
    "pre-vote": "true",
    logger: "zap",
    ...(config.quotaBackendBytes !== undefined && { "quota-backend-bytes": config.quotaBackendBytes }),
    ...(config.durability === "unsafe" && { "unsafe-no-fsync": "true" }),
  };
  return [...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), ...(config.extraArgs ?? [])];
}

export function clientUrl(member: MemberPlan): string {
  return `https://127.0.0.1:${member.clientPort}`;
}

/**
 * Where other members reach it. In capitals `localhost` is the same address, and yet a name that Go's HTTP client asks a proxy
 * for: so faults can be put on links (docs/decisions/0028-links-through-a-proxy.md).
 */
export function peerUrl(member: MemberPlan): string {
  return `https://LOCALHOST:${member.peerPort}`;
}

/** Plain HTTP on loopback: health and metrics only. */
export function metricsUrl(member: MemberPlan): string {
  return `http://127.0.0.1:${member.metricsPort}`;
}

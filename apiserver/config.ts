import { readFileSync } from "node:fs";
import type { ApiserverFlags } from "./flags.ts";
import type { InFlightLimits } from "./http/limit.ts";

/** A certificate, its key, and the authority of the other side, all PEM. */
export interface TlsIdentity {
  readonly ca: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** What the API server is started with: contents, no files. */
export interface ApiserverConfig {
  readonly bindAddress: string;
  /** 0: any free port. */
  readonly port: number;
  /** Default: the one it listens on. */
  readonly advertisePort?: number;
  readonly etcd: {
    readonly servers: readonly string[];
    /** Client URL by name of the member, for requests that are meant for one. Absent: as the members advertise. */
    readonly memberServers?: Readonly<Record<string, string>>;
    /** Absent: etcd is spoken to without TLS. */
    readonly tls?: TlsIdentity;
    /** Without a slash at its end. */
    readonly prefix: string;
    /** 0: never. */
    readonly compactionIntervalMs: number;
  };
  readonly serving: { readonly certificate: string; readonly privateKey: string };
  /** PEM; empty: client certificates name nobody. */
  readonly clientCa: string;
  readonly serviceAccounts: {
    readonly issuer: string;
    readonly signingKey: string;
    readonly verificationKeys: readonly string[];
  };
  readonly serviceClusterIpRange: string;
  readonly eventTtlSeconds: number;
  readonly inFlight: InFlightLimits;
  readonly minWatchSeconds: number;
  /** Absent: logs of Pods cannot be read. */
  readonly kubelets?: TlsIdentity;
}

/**
 * Reads the files that the flags name.
 * @throws Error with every problem at once
 */
export function apiserverConfig(flags: ApiserverFlags): ApiserverConfig {
  const problems: string[] = [];
  const files = readerOf(problems);
  const tls = (name: string, paths: readonly (string | undefined)[]): TlsIdentity | undefined => {
    if (paths.every((path) => path === undefined)) return undefined;
    if (paths.some((path) => path === undefined)) problems.push(`${name}: all three files are needed, or none`);
    const [ca, certificate, privateKey] = paths.map((path) => files.optional(path));
    return { ca: ca ?? "", certificate: certificate ?? "", privateKey: privateKey ?? "" };
  };
  if (flags.etcdServers.length === 0) problems.push("--etcd-servers: is needed");
  if (flags.etcdPrefix === "" || flags.etcdPrefix.endsWith("/") || !flags.etcdPrefix.startsWith("/")) {
    problems.push("--etcd-prefix: must begin with a slash and not end with one");
  }
  const etcdTls = tls("--etcd-cafile, --etcd-certfile, --etcd-keyfile", [
    flags.etcdCaFile,
    flags.etcdCertFile,
    flags.etcdKeyFile,
  ]);
  const memberServers = parseMemberServers(flags.etcdMemberServers, problems);
  const kubelets = tls("--kubelet-certificate-authority, --kubelet-client-certificate, --kubelet-client-key", [
    flags.kubeletCaFile,
    flags.kubeletClientCertFile,
    flags.kubeletClientKeyFile,
  ]);
  const config: ApiserverConfig = {
    bindAddress: flags.bindAddress,
    port: flags.securePort,
    ...(flags.advertisePort > 0 && { advertisePort: flags.advertisePort }),
    etcd: {
      servers: flags.etcdServers,
      ...(flags.etcdMemberServers.length > 0 && { memberServers }),
      ...(etcdTls !== undefined && { tls: etcdTls }),
      prefix: flags.etcdPrefix,
      compactionIntervalMs: flags.etcdCompactionIntervalMs,
    },
    serving: {
      certificate: files.needed("--tls-cert-file", flags.tlsCertFile),
      privateKey: files.needed("--tls-private-key-file", flags.tlsPrivateKeyFile),
    },
    clientCa: files.optional(flags.clientCaFile),
    serviceAccounts: {
      issuer: flags.serviceAccountIssuer,
      signingKey: files.needed("--service-account-signing-key-file", flags.serviceAccountSigningKeyFile),
      verificationKeys: flags.serviceAccountKeyFile === undefined ? [] : [files.optional(flags.serviceAccountKeyFile)],
    },
    serviceClusterIpRange: flags.serviceClusterIpRange,
    eventTtlSeconds: Math.ceil(flags.eventTtlMs / 1000),
    inFlight: { readOnly: flags.maxRequestsInFlight, mutating: flags.maxMutatingRequestsInFlight },
    minWatchSeconds: flags.minRequestTimeoutSeconds,
    ...(kubelets !== undefined && { kubelets }),
  };
  if (problems.length > 0) throw new Error(problems.join("; "));
  return config;
}

function parseMemberServers(entries: readonly string[], problems: string[]): Record<string, string> {
  const servers: Record<string, string> = {};
  for (const entry of entries) {
    const [, name = "", url = ""] = /^([^=]+)=(https?:\/\/.+)$/.exec(entry) ?? [];
    if (URL.canParse(url)) servers[name] = url;
    else problems.push(`--etcd-member-servers: ${JSON.stringify(entry)} is not of the form name=url`);
  }
  return servers;
}

function readerOf(problems: string[]) {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return "";
    }
  };
  return {
    optional: (path: string | undefined) => (path === undefined ? "" : read(path)),
    needed(flag: string, path: string | undefined) {
      if (path !== undefined) return read(path);
      problems.push(`${flag}: is needed`);
      return "";
    },
  };
}

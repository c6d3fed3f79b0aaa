import { join } from "node:path";
import type { ClusterPki, ClusterUser } from "../../component-base/cluster-pki.ts";
import type { AnyComponent } from "../../component-base/component.ts";
import { toArgv } from "../../component-base/flags.ts";
import type { ProcessRow } from "../../component-base/process-table.ts";
import type { EtcdClientFiles } from "../../etcd/pki.ts";
import type { DataDir } from "../data-dir.ts";
import type { UpConfig } from "./up-flags.ts";

/** All that the flags of components depend on. */
export interface Plane {
  readonly config: UpConfig;
  readonly folder: DataDir;
  readonly pki: ClusterPki;
  /** Of every member. */
  readonly etcdServers: readonly string[];
  readonly etcdFiles: EtcdClientFiles;
  /** The port that clients use: the gateway's, or that of the balancer in front of several. */
  readonly securePort: number;
  readonly gateways: readonly Gateway[];
}

/** Where one API server listens, and through which URLs it reaches etcd. */
export interface Gateway {
  readonly name: string;
  readonly port: number;
  readonly etcdServers: readonly string[];
  /** `name=url` of every member, where they are not reached as they advertise themselves. */
  readonly memberServers: readonly string[];
}

/** One kind of component that `up` runs. */
export interface ComponentRow {
  /** Of the folder, the log and the kubeconfig. */
  readonly name: Exclude<ProcessRow, "etcd">;
  readonly count: (config: UpConfig) => number;
  /** Who it is to the API server; absent for the API server itself. */
  readonly user?: Omit<ClusterUser, "name">;
  /** @param index - which one of its kind it is, from 0 */
  readonly argv: (plane: Plane, index: number) => Readonly<Record<string, string | number | boolean | undefined>>;
  /** The same code, for one process. */
  readonly load: () => Promise<AnyComponent>;
}

/** The only list of what `up` runs beside etcd, in the order of starting. */
export const componentRows: readonly ComponentRow[] = [
  {
    name: "apiserver",
    count: (config) => config.apiservers,
    argv: ({ config, pki, etcdFiles, securePort, gateways }, index) => ({
      "etcd-servers": gateways[index]?.etcdServers.join(","),
      "etcd-member-servers": gateways[index]?.memberServers.join(",") || undefined,
      "etcd-cafile": etcdFiles.ca || undefined,
      "etcd-certfile": etcdFiles.cert || undefined,
      "etcd-keyfile": etcdFiles.key || undefined,
      "etcd-prefix": config.etcdPrefix,
      "secure-port": gateways[index]?.port,
      "advertise-port": securePort,
      "bind-address": config.bindAddress,
      "tls-cert-file": pki.serverCert,
      "tls-private-key-file": pki.serverKey,
      "client-ca-file": pki.caFile,
      "service-account-key-file": pki.serviceAccountPublicKey,
      "service-account-signing-key-file": pki.serviceAccountKey,
      "service-cluster-ip-range": config.serviceClusterIpRange,
      "kubelet-certificate-authority": pki.caFile,
      "kubelet-client-certificate": pki.kubeletClientCert,
      "kubelet-client-key": pki.kubeletClientKey,
    }),
    load: async () => (await import("../../apiserver/component.ts")).apiserver,
  },
  {
    name: "scheduler",
    count: (config) => config.schedulers,
    user: { commonName: "system:kube-scheduler" },
    argv: ({ config }) => leaderElection(config, config.schedulers),
    load: async () => (await import("../../scheduler/component.ts")).scheduler,
  },
  {
    name: "controller",
    count: (config) => config.controllerManagers,
    user: { commonName: "system:kube-controller-manager" },
    argv: ({ config, pki }) => ({
      ...leaderElection(config, config.controllerManagers),
      "root-ca-file": pki.caFile,
      controllers: config.controllers.join(","),
    }),
    load: async () => (await import("../../controller/component.ts")).controller,
  },
  {
    name: "kubelet-sim",
    count: () => 1,
    user: { commonName: "system:kubelet-sim", organizations: ["system:nodes"] },
    argv: ({ config, pki }) => ({
      nodes: config.nodes,
      "tls-cert-file": pki.kubeletServerCert,
      "tls-private-key-file": pki.kubeletServerKey,
      "client-ca-file": pki.caFile,
    }),
    load: async () => (await import("../../kubelet-sim/component.ts")).kubeletSim,
  },
];

/** Several processes of a loop share a Lease; one alone works from the start. */
function leaderElection(config: UpConfig, processes: number) {
  return {
    "leader-elect": processes > 1,
    "leader-elect-lease-duration": `${config.leaderElectLeaseDurationMs}ms`,
    "leader-elect-renew-deadline": `${config.leaderElectRenewDeadlineMs}ms`,
    "leader-elect-retry-period": `${config.leaderElectRetryPeriodMs}ms`,
  };
}

/** `scheduler`, and `scheduler-2` for the second. */
export function instanceNames(row: ComponentRow, config: UpConfig): string[] {
  return Array.from({ length: row.count(config) }, (_, index) => (index === 0 ? row.name : `${row.name}-${index + 1}`));
}

export function componentKubeconfig(folder: DataDir, row: ComponentRow): string {
  return join(folder.components, `${row.name}.kubeconfig`);
}

/** The command line of one component. */
export function componentArgv(row: ComponentRow, index: number, plane: Plane): string[] {
  return toArgv({
    ...row.argv(plane, index),
    kubeconfig: row.user === undefined ? undefined : componentKubeconfig(plane.folder, row),
    "log-format": plane.config.logFormat,
    v: plane.config.verbosity,
  });
}

import type { ClientConfig } from "../../client/kubeconfig.ts";
import type { ProcessInfo } from "../../component-base/process-table.ts";
import type { ServerFiles } from "../config.ts";

/** A folder or file of this machine, and the path under which it is seen in the control plane's Pods. */
export interface MountedPath {
  readonly onMachine: string;
  readonly inPod: string;
}

/** What can be run in etcd's Pods. */
export interface EtcdTools {
  /** Absent programs are not found, as in an image that lacks them. */
  readonly etcdctl?: string;
  readonly etcdutl?: string;
  /** With what the gateway speaks to etcd: the only client certificate that etcd believes. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

export interface ControlPlaneNodeConfig {
  /** A kubeconfig file, or what it would say: of the user `system:node:<name of the node>`. */
  readonly kubeconfig: string | ClientConfig;
  /** Default `control-plane`. */
  readonly nodeName?: string;
  /** Where files are kept that are written in Pods: a folder for each. */
  readonly folder: string;
  /** How the paths of command lines are shown; longer ones first. */
  readonly mountedPaths: readonly MountedPath[];
  /** Absent: nothing of etcd's can be run. */
  readonly etcdTools?: (member: ProcessInfo) => EtcdTools;
  /** Where logs and `exec` are served, and the node's InternalIP. Default 127.0.0.1. */
  readonly address?: string;
  /** Absent: plain HTTP, for whoever can reach the address. */
  readonly tls?: ServerFiles;
  /** Renewals of the Lease. Default 10 s. */
  readonly leaseRenewIntervalMs?: number;
  /** What the node offers. Default: the machine's processors and memory. */
  readonly capacity?: Readonly<Record<string, string>>;
}

export const defaultNodeName = "control-plane";

import type { ClientConfig } from "../client/kubeconfig.ts";

/** The certificate files of a TLS server. */
export interface ServerFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Whoever calls must show a certificate of this authority. */
  readonly clientCaFile: string;
  /** Common names that may call. Default: the API server's, `kube-apiserver-kubelet-client`. */
  readonly allowedNames?: readonly string[];
}

export interface KubeletSimConfig {
  /** A kubeconfig file, or what it would say. */
  readonly kubeconfig: string | ClientConfig;
  /** How many nodes to simulate, or their names. */
  readonly nodes: number | readonly string[];
  /** Default `node-`. */
  readonly nodeNamePrefix?: string;
  /** Number of the first node, so that several simulators can share a cluster. Default 0. */
  readonly firstNode?: number;
  /** What a node offers. Default 16 CPUs, 64Gi of memory, 250 pods, 200Gi of ephemeral storage. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** Added to the labels that every node has. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Stage files, ours or KWOK's, that replace the default behaviour of pods. */
  readonly stagesFiles?: readonly string[];
  /** Where pods of a node without `spec.podCIDR` get their addresses. Default 10.244.0.0/16. */
  readonly clusterCidr?: string;
  /** The nodes' InternalIP, and where logs are served. Default 127.0.0.1. */
  readonly address?: string;
  /** Where logs are served. Default 0: a free port. */
  readonly port?: number;
  /** Absent: plain HTTP, for whoever can reach the address. */
  readonly tls?: ServerFiles;
  /** Renewals of Leases. Default 10 s. */
  readonly leaseRenewIntervalMs?: number;
  /** Node status even if nothing has changed. Default 5 minutes. */
  readonly statusReportIntervalMs?: number;
}

export const defaultCapacity: Readonly<Record<string, string>> = {
  cpu: "16",
  memory: "64Gi",
  pods: "250",
  "ephemeral-storage": "200Gi",
};

/** The names of the nodes this simulator plays. */
export function nodeNames(config: KubeletSimConfig): readonly string[] {
  const { nodes, nodeNamePrefix = "node-", firstNode = 0 } = config;
  if (typeof nodes !== "number") return nodes;
  return Array.from({ length: nodes }, (_, index) => `${nodeNamePrefix}${firstNode + index}`);
}

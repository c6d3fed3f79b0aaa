import {
  type ConfigOf,
  durationFlag,
  integerFlag,
  listFlag,
  optionalFlag,
  stringFlag,
} from "../component-base/flags.ts";
import { logFlags } from "../component-base/log-flags.ts";
import { kubeconfigFlag } from "../component-base/loop-flags.ts";
import { defaultCapacity, type KubeletSimConfig } from "./config.ts";

const amounts = (entries: Readonly<Record<string, string>>) =>
  Object.entries(entries).map(([name, amount]) => `${name}=${amount}`);

/** The flags of the kubelet-sim process; where a kubelet has the flag, it carries the kubelet's name. */
export const kubeletSimFlags = {
  ...logFlags,
  kubeconfig: kubeconfigFlag,
  nodes: integerFlag({ name: "nodes", placeholder: "number", default: 3, help: "how many nodes to simulate" }),
  firstNode: integerFlag({
    name: "first-node",
    placeholder: "number",
    default: 0,
    help: "number of the first node, so that several simulators can share a cluster",
  }),
  nodeNamePrefix: stringFlag({
    name: "node-name-prefix",
    placeholder: "text",
    default: "node-",
    help: "what the nodes' names begin with; a number follows",
  }),
  nodeLabels: listFlag({
    name: "node-labels",
    placeholder: "key=value,...",
    default: [],
    help: "labels of every node, beside those that nodes always have",
  }),
  capacity: listFlag({
    name: "capacity",
    placeholder: "resource=amount,...",
    default: amounts(defaultCapacity),
    help: "what every node offers",
  }),
  clusterCidr: stringFlag({
    name: "cluster-cidr",
    placeholder: "range",
    default: "10.244.0.0/16",
    help: "where pods of a node without a podCIDR get their addresses",
  }),
  stages: listFlag({
    name: "stages",
    placeholder: "file,...",
    default: [],
    help: "stage files, ours or KWOK's, that replace the default behaviour of pods",
  }),
  address: stringFlag({
    name: "address",
    placeholder: "address",
    default: "127.0.0.1",
    help: "where logs are served; also the nodes' InternalIP",
  }),
  port: integerFlag({
    name: "port",
    placeholder: "port",
    default: 0,
    max: 65_535,
    help: "where logs are served; 0: a free one",
  }),
  tlsCertFile: optionalFlag({ name: "tls-cert-file", placeholder: "file", help: "certificate to serve logs with" }),
  tlsPrivateKeyFile: optionalFlag({ name: "tls-private-key-file", placeholder: "file", help: "its key" }),
  clientCaFile: optionalFlag({
    name: "client-ca-file",
    placeholder: "file",
    help: "authority of those who may read logs; with it and a certificate only the API server may",
  }),
  leaseRenewIntervalMs: durationFlag({
    name: "node-lease-renew-interval",
    default: 10_000,
    defaultText: "10s",
    help: "how often every node renews its Lease",
  }),
  nodeStatusReportIntervalMs: durationFlag({
    name: "node-status-report-frequency",
    default: 300_000,
    defaultText: "5m",
    help: "how often a node's status is reported when nothing has changed",
  }),
};

/** @throws Error that names the flags that do not go together */
export function configFromFlags(flags: ConfigOf<typeof kubeletSimFlags>): KubeletSimConfig {
  const { tlsCertFile: certFile, tlsPrivateKeyFile: keyFile, clientCaFile } = flags;
  const given = [certFile, keyFile, clientCaFile].filter((file) => file !== undefined).length;
  if (given !== 0 && given !== 3) {
    throw new Error("--tls-cert-file, --tls-private-key-file and --client-ca-file go together");
  }
  if (flags.kubeconfig === "") throw new Error("--kubeconfig: needs a value (file)");
  return {
    kubeconfig: flags.kubeconfig,
    nodes: flags.nodes,
    firstNode: flags.firstNode,
    nodeNamePrefix: flags.nodeNamePrefix,
    nodeLabels: pairs("node-labels", flags.nodeLabels),
    capacity: pairs("capacity", flags.capacity),
    clusterCidr: flags.clusterCidr,
    ...(flags.stages.length > 0 && { stagesFiles: flags.stages }),
    address: flags.address,
    port: flags.port,
    ...(certFile !== undefined &&
      keyFile !== undefined &&
      clientCaFile !== undefined && { tls: { certFile, keyFile, clientCaFile } }),
    leaseRenewIntervalMs: flags.leaseRenewIntervalMs,
    statusReportIntervalMs: flags.nodeStatusReportIntervalMs,
  };
}

function pairs(flag: string, entries: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const entry of entries) {
    const [, key, value] = /^([^=]+)=(.*)$/.exec(entry) ?? [];
    if (key === undefined || value === undefined) throw new Error(`--${flag}: ${entry} is not of the form key=value`);
    result[key] = value;
  }
  return result;
}

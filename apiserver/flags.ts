import {
  type ConfigOf,
  durationFlag,
  integerFlag,
  listFlag,
  optionalFlag,
  stringFlag,
} from "../component-base/flags.ts";
import { logFlags } from "../component-base/log-flags.ts";

/** The flags of the API server, by upstream's names. */
export const apiserverFlags = {
  ...logFlags,
  bindAddress: stringFlag({
    name: "bind-address",
    placeholder: "address",
    default: "127.0.0.1",
    help: "address to listen on",
  }),
  securePort: integerFlag({
    name: "secure-port",
    placeholder: "port",
    default: 6443,
    max: 65_535,
    help: "port for HTTPS; 0 takes a free one",
  }),
  advertisePort: integerFlag({
    name: "advertise-port",
    placeholder: "port",
    default: 0,
    defaultText: "--secure-port",
    max: 65_535,
    help: "port that the Service kubernetes leads to: that of a balancer in front of several gateways",
  }),
  etcdServers: listFlag({
    name: "etcd-servers",
    placeholder: "url,…",
    default: [],
    help: "etcd's client URLs",
  }),
  etcdMemberServers: listFlag({
    name: "etcd-member-servers",
    placeholder: "name=url,…",
    default: [],
    help: "client URL of each etcd member, for operators' requests (default: those of --etcd-servers, or as advertised)",
  }),
  etcdCaFile: optionalFlag({
    name: "etcd-cafile",
    placeholder: "file",
    help: "authority of etcd's server certificates",
  }),
  etcdCertFile: optionalFlag({
    name: "etcd-certfile",
    placeholder: "file",
    help: "client certificate for etcd",
  }),
  etcdKeyFile: optionalFlag({
    name: "etcd-keyfile",
    placeholder: "file",
    help: "key of the client certificate for etcd",
  }),
  etcdPrefix: stringFlag({
    name: "etcd-prefix",
    placeholder: "path",
    default: "/registry",
    help: "where all keys in etcd begin",
  }),
  etcdCompactionIntervalMs: durationFlag({
    name: "etcd-compaction-interval",
    default: 300_000,
    defaultText: "5m",
    help: "time between compactions of etcd's history; 0 never compacts",
  }),
  tlsCertFile: optionalFlag({ name: "tls-cert-file", placeholder: "file", help: "certificate of the HTTPS port" }),
  tlsPrivateKeyFile: optionalFlag({
    name: "tls-private-key-file",
    placeholder: "file",
    help: "key of that certificate",
  }),
  clientCaFile: optionalFlag({
    name: "client-ca-file",
    placeholder: "file",
    help: "authority whose client certificates name users",
  }),
  serviceAccountKeyFile: optionalFlag({
    name: "service-account-key-file",
    placeholder: "file",
    help: "further key that ServiceAccount tokens may be signed with",
  }),
  serviceAccountSigningKeyFile: optionalFlag({
    name: "service-account-signing-key-file",
    placeholder: "file",
    help: "private key that signs ServiceAccount tokens",
  }),
  serviceAccountIssuer: stringFlag({
    name: "service-account-issuer",
    placeholder: "url",
    default: "https://kubernetes.default.svc",
    help: "issuer and audience of ServiceAccount tokens",
  }),
  serviceClusterIpRange: stringFlag({
    name: "service-cluster-ip-range",
    placeholder: "cidr",
    default: "10.96.0.0/16",
    help: "addresses of Services",
  }),
  eventTtlMs: durationFlag({
    name: "event-ttl",
    default: 3_600_000,
    defaultText: "1h",
    help: "how long Events are kept",
  }),
  maxRequestsInFlight: integerFlag({
    name: "max-requests-inflight",
    placeholder: "count",
    default: 400,
    min: 1,
    help: "reads served at a time",
  }),
  maxMutatingRequestsInFlight: integerFlag({
    name: "max-mutating-requests-inflight",
    placeholder: "count",
    default: 200,
    min: 1,
    help: "writes served at a time",
  }),
  minRequestTimeoutSeconds: integerFlag({
    name: "min-request-timeout",
    placeholder: "seconds",
    default: 1800,
    min: 1,
    help: "shortest life of a watch that names no timeout; the longest is twice that",
  }),
  kubeletCaFile: optionalFlag({
    name: "kubelet-certificate-authority",
    placeholder: "file",
    help: "authority of the kubelets' server certificates",
  }),
  kubeletClientCertFile: optionalFlag({
    name: "kubelet-client-certificate",
    placeholder: "file",
    help: "client certificate for kubelets",
  }),
  kubeletClientKeyFile: optionalFlag({
    name: "kubelet-client-key",
    placeholder: "file",
    help: "key of the client certificate for kubelets",
  }),
};

export type ApiserverFlags = ConfigOf<typeof apiserverFlags>;

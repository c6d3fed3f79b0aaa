import { isIP } from "node:net";
import {
  type ConfigOf,
  durationFlag,
  integerFlag,
  listFlag,
  optionalFlag,
  stringFlag,
  switchFlag,
} from "../../component-base/flags.ts";
import { logFlags } from "../../component-base/log-flags.ts";
import { leaseTimingFlags } from "../../component-base/loop-flags.ts";

/** What the bundled etcd uses where the flags say nothing. */
const etcdHeartbeatMs = 10;
const etcdElectionMs = 50;

/** The flags of `gatehouse up`. */
export const upFlags = {
  dataDir: optionalFlag({
    name: "data-dir",
    placeholder: "folder",
    help: "where everything is kept (default $GATEHOUSE_DATA_DIR, else .gatehouse)",
  }),
  securePort: integerFlag({
    name: "secure-port",
    placeholder: "port",
    default: 6443,
    max: 65_535,
    help: "port of the API server; 0 takes a free one",
  }),
  bindAddress: stringFlag({
    name: "bind-address",
    placeholder: "ip",
    default: "127.0.0.1",
    help: "address that the API server listens on",
  }),
  nodes: integerFlag({ name: "nodes", placeholder: "number", default: 3, max: 20_000, help: "simulated nodes" }),
  singleProcess: switchFlag({
    name: "single-process",
    default: false,
    help: "run all components in one process; etcd stays its own",
  }),
  schedulers: integerFlag({
    name: "schedulers",
    placeholder: "number",
    default: 1,
    max: 10,
    help: "scheduler processes; 0: bring your own",
  }),
  controllerManagers: integerFlag({
    name: "controller-managers",
    placeholder: "number",
    default: 1,
    max: 10,
    help: "controller processes; 0: bring your own",
  }),
  ...leaseTimingFlags,
  controllers: listFlag({
    name: "controllers",
    placeholder: "names",
    default: ["*"],
    help: "controllers to run: names, * for all, -name for all but that one",
  }),
  serviceClusterIpRange: stringFlag({
    name: "service-cluster-ip-range",
    placeholder: "cidr",
    default: "10.96.0.0/16",
    help: "addresses for Services",
  }),
  etcdServers: listFlag({
    name: "etcd-servers",
    placeholder: "urls",
    default: [],
    help: "use this etcd and start none",
  }),
  etcdCafile: stringFlag({ name: "etcd-cafile", placeholder: "file", default: "", help: "authority of that etcd" }),
  etcdCertfile: stringFlag({
    name: "etcd-certfile",
    placeholder: "file",
    default: "",
    help: "client certificate for that etcd",
  }),
  etcdKeyfile: stringFlag({ name: "etcd-keyfile", placeholder: "file", default: "", help: "key of that certificate" }),
  etcdPrefix: stringFlag({
    name: "etcd-prefix",
    placeholder: "path",
    default: "/registry",
    help: "where in etcd everything is",
  }),
  etcdQuotaBackendBytes: integerFlag({
    name: "etcd-quota-backend-bytes",
    placeholder: "bytes",
    default: 0,
    help: "size at which the bundled etcd refuses writes; 0: etcd's own, 2 GiB",
  }),
  etcdHeartbeatInterval: durationFlag({
    name: "etcd-heartbeat-interval",
    default: 0,
    defaultText: `${etcdHeartbeatMs}ms`,
    help: "heartbeat of the bundled etcd",
  }),
  etcdElectionTimeout: durationFlag({
    name: "etcd-election-timeout",
    default: 0,
    defaultText: `${etcdElectionMs}ms`,
    help: "election timeout of the bundled etcd, at least five heartbeats",
  }),
  unsafeNoFsync: switchFlag({
    name: "etcd-unsafe-no-fsync",
    default: false,
    help: "for tests only: acknowledged writes are lost when the machine fails",
  }),
  ...logFlags,
};

export type UpConfig = ConfigOf<typeof upFlags>;

/** What no single flag can know: each a sentence. */
export function contradictions(config: UpConfig): readonly string[] {
  const { etcdServers, etcdCafile, etcdCertfile, etcdKeyfile } = config;
  const files = [etcdCafile, etcdCertfile, etcdKeyfile].filter((file) => file !== "");
  const badUrls = etcdServers.filter((server) => !/^https?:\/\/[^/]/.test(server));
  const heartbeat = config.etcdHeartbeatInterval || etcdHeartbeatMs;
  const election = config.etcdElectionTimeout || etcdElectionMs;
  return [
    ...(isIP(config.bindAddress) === 0 ? [`--bind-address: ${config.bindAddress} is no IP address`] : []),
    ...(election < 5 * heartbeat
      ? [`--etcd-election-timeout: ${election}ms is less than five heartbeats of ${heartbeat}ms`]
      : []),
    ...badUrls.map((server) => `--etcd-servers: ${server} is no URL like https://127.0.0.1:2379`),
    ...(files.length > 0 && etcdServers.length === 0
      ? ["--etcd-cafile, --etcd-certfile, --etcd-keyfile: are for an etcd that --etcd-servers names"]
      : []),
    ...(files.length === 1 || files.length === 2
      ? ["--etcd-cafile, --etcd-certfile, --etcd-keyfile: all three files are needed, or none"]
      : []),
  ];
}

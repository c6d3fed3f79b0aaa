import { isIP } from "node:net";
import {
  type ConfigOf,
  choiceFlag,
  durationFlag,
  integerFlag,
  listFlag,
  optionalFlag,
  sizeFlag,
  stringFlag,
  switchFlag,
} from "../../component-base/flags.ts";
import { logFlags } from "../../component-base/log-flags.ts";
import { leaseTimingFlags, leaseTimingProblems } from "../../component-base/loop-flags.ts";
import { alone, several } from "../../etcd/config.ts";

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
  controlPlaneNode: switchFlag({
    name: "control-plane-node",
    default: true,
    help: "show the control plane's processes as Pods of a node control-plane; never with --single-process",
  }),
  apiservers: integerFlag({
    name: "apiservers",
    placeholder: "number",
    default: 1,
    min: 1,
    max: 9,
    help: "API servers; several get a balancer in front of them, on --secure-port",
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
  etcdMembers: integerFlag({
    name: "etcd-members",
    placeholder: "1|3|5|7",
    default: 0,
    defaultText: "as many as the data has, 1 for new data",
    max: 7,
    help: "members of the bundled etcd",
  }),
  etcdTopology: choiceFlag({
    name: "etcd-topology",
    default: "external",
    values: ["external", "stacked"],
    help: "an API server speaks to every member (external), or to one of its own (stacked)",
  }),
  faults: switchFlag({
    name: "faults",
    default: false,
    help: "all links of the bundled etcd can be broken: gatehouse fault",
  }),
  etcdPrefix: stringFlag({
    name: "etcd-prefix",
    placeholder: "path",
    default: "/registry",
    help: "where in etcd everything is",
  }),
  etcdQuotaBytes: sizeFlag({
    name: "etcd-quota",
    default: 0,
    defaultText: "etcd's own, 2GiB",
    help: "size at which the bundled etcd refuses writes, like 16MiB",
  }),
  etcdHeartbeatInterval: durationFlag({
    name: "etcd-heartbeat-interval",
    default: 0,
    defaultText: `${alone.heartbeatMs}ms alone, ${several.heartbeatMs}ms with others`,
    help: "heartbeat of the bundled etcd",
  }),
  etcdElectionTimeout: durationFlag({
    name: "etcd-election-timeout",
    default: 0,
    defaultText: `${alone.electionMs}ms alone, ${several.electionMs}ms with others`,
    help: "election timeout of the bundled etcd, at least five heartbeats",
  }),
  snapshotEvery: durationFlag({
    name: "snapshot-every",
    default: 0,
    defaultText: "never",
    help: "save etcd into the data directory's folder snapshots/ so often, like 10m",
  }),
  snapshotKeep: integerFlag({
    name: "snapshot-keep",
    placeholder: "number",
    default: 6,
    min: 1,
    help: "how many of these snapshots stay",
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
  const standard = config.etcdMembers > 1 ? several : alone;
  const heartbeat = config.etcdHeartbeatInterval || standard.heartbeatMs;
  const election = config.etcdElectionTimeout || standard.electionMs;
  return [
    ...(isIP(config.bindAddress) === 0 ? [`--bind-address: ${config.bindAddress} is no IP address`] : []),
    ...(election < 5 * heartbeat
      ? [`--etcd-election-timeout: ${election}ms is less than five heartbeats of ${heartbeat}ms`]
      : []),
    ...(config.etcdMembers > 0 && etcdServers.length > 0
      ? ["--etcd-members: is for the bundled etcd; --etcd-servers names another"]
      : []),
    ...(config.faults && etcdServers.length > 0
      ? ["--faults: is for the links of the bundled etcd; --etcd-servers names another"]
      : []),
    ...(config.snapshotEvery > 0 && config.snapshotEvery < 1_000
      ? ["--snapshot-every: a second is the least, and minutes are usual"]
      : []),
    ...leaseTimingProblems(config),
    ...badUrls.map((server) => `--etcd-servers: ${server} is no URL like https://127.0.0.1:2379`),
    ...(files.length > 0 && etcdServers.length === 0
      ? ["--etcd-cafile, --etcd-certfile, --etcd-keyfile: are for an etcd that --etcd-servers names"]
      : []),
    ...(files.length === 1 || files.length === 2
      ? ["--etcd-cafile, --etcd-certfile, --etcd-keyfile: all three files are needed, or none"]
      : []),
  ];
}

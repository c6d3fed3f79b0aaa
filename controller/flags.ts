import { durationFlag, type Flag, integerFlag, listFlag, optionalFlag } from "../component-base/flags.ts";
import { logFlags } from "../component-base/log-flags.ts";
import { kubeconfigFlag, leaderElectionFlags } from "../component-base/loop-flags.ts";

const syncs = (name: string, what: string, workers: number) =>
  integerFlag({
    name,
    placeholder: "number",
    default: workers,
    min: 1,
    help: `how many ${what} are worked on at once`,
  });

function rateFlag(options: { name: string; help: string; default: number }): Flag<number> {
  return {
    ...options,
    placeholder: "number",
    defaultText: String(options.default),
    parse(text) {
      const value = Number(text);
      if (text !== "" && value >= 0 && Number.isFinite(value)) return value;
      throw new Error(`${JSON.stringify(text)} is not a number of 0 or more`);
    },
  };
}

/** The flags of the controller process; they carry the names of kube-controller-manager's. */
export const controllerFlags = {
  ...logFlags,
  kubeconfig: kubeconfigFlag,
  controllers: listFlag({
    name: "controllers",
    placeholder: "names",
    default: ["*"],
    help: "which controllers run: '*' all that are on by default, 'foo' that one, '-foo' not that one",
  }),
  ...leaderElectionFlags,
  rootCaFile: optionalFlag({
    name: "root-ca-file",
    placeholder: "file",
    help: "PEM published as kube-root-ca.crt in every namespace; without it the kubeconfig's authority",
  }),
  concurrentDeploymentSyncs: syncs("concurrent-deployment-syncs", "Deployments", 5),
  concurrentReplicaSetSyncs: syncs("concurrent-replicaset-syncs", "ReplicaSets", 5),
  concurrentNamespaceSyncs: syncs("concurrent-namespace-syncs", "namespaces", 10),
  concurrentGcSyncs: syncs("concurrent-gc-syncs", "objects of the garbage collector", 20),
  concurrentEndpointSyncs: syncs("concurrent-endpoint-syncs", "Endpoints", 5),
  concurrentServiceEndpointSyncs: syncs("concurrent-service-endpoint-syncs", "Services' EndpointSlices", 5),
  concurrentServiceAccountSyncs: syncs("concurrent-serviceaccount-syncs", "namespaces' ServiceAccounts", 5),
  maxEndpointsPerSlice: integerFlag({
    name: "max-endpoints-per-slice",
    placeholder: "number",
    default: 100,
    min: 1,
    max: 1000,
    help: "most endpoints in one EndpointSlice",
  }),
  namespaceDeletionDelayMs: durationFlag({
    name: "namespace-deletion-delay",
    default: 0,
    defaultText: "0",
    help: "how long a deleted namespace is left alone, so that every API server has noticed; several want 5s",
  }),
  nodeMonitorPeriodMs: durationFlag({
    name: "node-monitor-period",
    default: 5_000,
    defaultText: "5s",
    help: "time between looks at the health of nodes",
  }),
  nodeMonitorGracePeriodMs: durationFlag({
    name: "node-monitor-grace-period",
    default: 50_000,
    defaultText: "50s",
    help: "how long a node may be silent before it counts as not ready",
  }),
  nodeStartupGracePeriodMs: durationFlag({
    name: "node-startup-grace-period",
    default: 60_000,
    defaultText: "1m",
    help: "the same for a node that has never reported",
  }),
  nodeEvictionRate: rateFlag({
    name: "node-eviction-rate",
    default: 0.1,
    help: "nodes per second whose Pods are evicted in a healthy zone",
  }),
  secondaryNodeEvictionRate: rateFlag({
    name: "secondary-node-eviction-rate",
    default: 0.01,
    help: "the same in a large zone that is partly down",
  }),
  largeClusterSizeThreshold: integerFlag({
    name: "large-cluster-size-threshold",
    placeholder: "nodes",
    default: 50,
    help: "up to how many nodes a zone that is partly down evicts nothing",
  }),
  unhealthyZoneThreshold: rateFlag({
    name: "unhealthy-zone-threshold",
    default: 0.55,
    help: "share of nodes not ready from which a zone is partly down",
  }),
  terminatedPodGcThreshold: integerFlag({
    name: "terminated-pod-gc-threshold",
    placeholder: "pods",
    default: 12_500,
    help: "how many Pods that have ended are kept; 0: all",
  }),
  podGcPeriodMs: durationFlag({
    name: "pod-gc-period",
    default: 20_000,
    defaultText: "20s",
    help: "time between looks for Pods nobody will ever end",
  }),
  podGcQuarantineMs: durationFlag({
    name: "pod-gc-quarantine",
    default: 40_000,
    defaultText: "40s",
    help: "how long a node must have been gone before its Pods are deleted by force",
  }),
  gcResyncPeriodMs: durationFlag({
    name: "gc-resync-period",
    default: 30_000,
    defaultText: "30s",
    help: "how often the garbage collector looks for new kinds",
  }),
};

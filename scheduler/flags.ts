import { type ConfigOf, durationFlag, integerFlag } from "../component-base/flags.ts";
import { logFlags } from "../component-base/log-flags.ts";
import { kubeconfigFlag, leaderElectionFlags } from "../component-base/loop-flags.ts";

/** The flags of the scheduler process; they carry the names of kube-scheduler's and of its configuration file. */
export const schedulerFlags = {
  ...logFlags,
  kubeconfig: kubeconfigFlag,
  ...leaderElectionFlags,
  percentageOfNodesToScore: integerFlag({
    name: "percentage-of-nodes-to-score",
    placeholder: "percent",
    default: 0,
    max: 100,
    help: "share of the nodes that is looked at before one is chosen; 0 adapts it to their number",
  }),
  podInitialBackoffSeconds: integerFlag({
    name: "pod-initial-backoff-seconds",
    placeholder: "seconds",
    default: 1,
    min: 1,
    help: "first back-off of a Pod that could not be scheduled",
  }),
  podMaxBackoffSeconds: integerFlag({
    name: "pod-max-backoff-seconds",
    placeholder: "seconds",
    default: 10,
    min: 1,
    help: "longest back-off of a Pod that could not be scheduled",
  }),
  podMaxInUnschedulablePodsDurationMs: durationFlag({
    name: "pod-max-in-unschedulable-pods-duration",
    default: 300_000,
    defaultText: "5m",
    help: "how long a Pod waits for something to change before it is tried again anyway",
  }),
  parallelBindings: integerFlag({
    name: "parallel-bindings",
    placeholder: "number",
    default: 32,
    min: 1,
    help: "how many Pods are bound at once",
  }),
};

/** All that can be set about the process. */
export type SchedulerConfig = ConfigOf<typeof schedulerFlags>;

/** Every flag's default. */
export function defaultSchedulerConfig(): SchedulerConfig {
  const defaults = Object.entries(schedulerFlags).map(([field, flag]) => [field, flag.default]);
  return Object.fromEntries(defaults) as SchedulerConfig;
}

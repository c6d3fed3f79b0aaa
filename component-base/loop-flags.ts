import { type ConfigOf, durationFlag, stringFlag, switchFlag } from "./flags.ts";

/** Where a loop finds the API server. */
export const kubeconfigFlag = stringFlag({
  name: "kubeconfig",
  placeholder: "file",
  default: "",
  help: "where the API server is and who we are",
});

/** How leadership changes hands. */
export const leaseTimingFlags = {
  leaderElectLeaseDurationMs: durationFlag({
    name: "leader-elect-lease-duration",
    default: 15_000,
    defaultText: "15s",
    help: "how long the others wait for a silent leader",
  }),
  leaderElectRenewDeadlineMs: durationFlag({
    name: "leader-elect-renew-deadline",
    default: 10_000,
    defaultText: "10s",
    help: "how long a leader tries to renew before it gives up",
  }),
  leaderElectRetryPeriodMs: durationFlag({
    name: "leader-elect-retry-period",
    default: 2_000,
    defaultText: "2s",
    help: "time between attempts to lead or to renew",
  }),
};

/** How much longer than the retry period two attempts may be apart at most. */
export const leaseJitterFactor = 1.2;

/**
 * What no single flag can know: each a sentence.
 * @see k8s.io/client-go v0.36.0 tools/leaderelection/leaderelection.go
 */
export function leaseTimingProblems(config: ConfigOf<typeof leaseTimingFlags>): readonly string[] {
  const { leaderElectLeaseDurationMs, leaderElectRenewDeadlineMs, leaderElectRetryPeriodMs } = config;
  return [
    ...(leaderElectLeaseDurationMs <= leaderElectRenewDeadlineMs
      ? ["--leader-elect-lease-duration: must be greater than --leader-elect-renew-deadline"]
      : []),
    ...(leaderElectRenewDeadlineMs <= leaseJitterFactor * leaderElectRetryPeriodMs
      ? [`--leader-elect-renew-deadline: must be greater than --leader-elect-retry-period*${leaseJitterFactor}`]
      : []),
    ...(leaderElectRetryPeriodMs < 1 ? ["--leader-elect-retry-period: must be greater than zero"] : []),
  ];
}

/**
 * The flags of a loop of which only one may work at a time.
 * @see k8s.io/component-base v0.36.0 config/options/leaderelectionconfig.go
 */
export const leaderElectionFlags = {
  leaderElect: switchFlag({
    name: "leader-elect",
    default: false,
    help: "let only one of several processes work at a time",
  }),
  ...leaseTimingFlags,
};

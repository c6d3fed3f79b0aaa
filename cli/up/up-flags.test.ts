import { expect, test } from "vitest";
import { parseFlags } from "../../component-base/flags.ts";
import { contradictions, upFlags } from "./up-flags.ts";

test.each([
  ["nothing said", [], []],
  ["any address", ["--bind-address=::"], []],
  ["a name where an address is needed", ["--bind-address=foo"], ["--bind-address: foo is no IP address"]],
  [
    "an election shorter than five heartbeats",
    ["--etcd-election-timeout=10ms"],
    ["--etcd-election-timeout: 10ms is less than five heartbeats of 10ms"],
  ],
  ["both given, far enough apart", ["--etcd-heartbeat-interval=100ms", "--etcd-election-timeout=1s"], []],
  [
    "a lease shorter than its renewal",
    ["--leader-elect-lease-duration=10s"],
    ["--leader-elect-lease-duration: must be greater than --leader-elect-renew-deadline"],
  ],
  [
    "a renewal that leaves no time for a second try",
    ["--leader-elect-retry-period=9s"],
    ["--leader-elect-renew-deadline: must be greater than --leader-elect-retry-period*1.2"],
  ],
  [
    "faults of an etcd of one's own",
    ["--faults", "--etcd-servers=https://127.0.0.1:2379"],
    ["--faults: is for the links of the bundled etcd; --etcd-servers names another"],
  ],
  ["an etcd that is no URL", ["--etcd-servers=foo"], ["--etcd-servers: foo is no URL like https://127.0.0.1:2379"]],
])("%s", (_name, argv, expected) => {
  const parsed = parseFlags(upFlags, argv);
  if (parsed.kind !== "config") throw new Error(parsed.kind);
  expect(contradictions(parsed.config)).toEqual(expected);
});

import { integerFlag, optionalFlag, switchFlag } from "../component-base/flags.ts";
import { type Command, defineCommand } from "./command.ts";
import { findDataDir } from "./data-dir.ts";
import { etcdCommands } from "./etcd/commands.ts";
import { memberCommands } from "./etcd/member-commands.ts";
import { faultCommands } from "./fault/commands.ts";
import { leaderCommands } from "./leaders/commands.ts";
import { credentials, dataDirFlag, planeFlags } from "./plane-flags.ts";
import { restoreCommands } from "./restore/commands.ts";
import { snapshotCommands } from "./snapshot/commands.ts";
import { upFlags } from "./up/up-flags.ts";

/** The only list of commands; a room with several of its own keeps them in a table there. */
export const commands: readonly Command[] = [
  defineCommand({
    name: "up",
    summary: "run the control plane until it is told to stop",
    details: async () =>
      `Ctrl-C, SIGTERM or SIGHUP stops everything and keeps the data; a second one ends at once.

etcd is looked for in this order: --etcd-servers, $GATEHOUSE_ETCD, etcd on PATH, the cache (~/.cache/gatehouse), the
official release, the distribution's packages.`,
    flags: upFlags,
    run: async ({ config }) => (await import("./up/up.ts")).up(config),
  }),
  defineCommand({
    name: "kubeconfig",
    summary: "print the administrator's kubeconfig",
    details: async () => "`export KUBECONFIG=$(gatehouse kubeconfig --path)` points kubectl at the control plane.",
    flags: {
      ...dataDirFlag,
      path: switchFlag({ name: "path", default: false, help: "print the file's name instead of its content" }),
    },
    run: async ({ config }) =>
      (await import("./kubeconfig.ts")).printKubeconfig(findDataDir(config.dataDir, process.env), {
        show: config.path ? "path" : "content",
      }),
  }),
  defineCommand({
    name: "trace",
    words: "KIND/NAME",
    summary: "show who did what to an object, at which etcd revision, as a tree",
    flags: {
      ...planeFlags,
      namespace: optionalFlag({ name: "namespace", placeholder: "name", help: "of the object (default default)" }),
      n: optionalFlag({ name: "n", placeholder: "name", help: "the same as --namespace" }),
    },
    run: async ({ config, args }) => {
      const namespace = config.namespace ?? config.n ?? "default";
      return (await import("./trace.ts")).trace({ kubeconfig: () => credentials(config), namespace, args });
    },
  }),
  defineCommand({
    name: "access-test",
    summary: "try to reach etcd with every certificate there is: only the gateway's may be accepted",
    details: async () => "Exits with 1 when etcd accepts anybody else, or refuses the gateway.",
    flags: dataDirFlag,
    run: async ({ config }) => (await import("./access-test.ts")).accessTest(findDataDir(config.dataDir, process.env)),
  }),
  defineCommand({
    name: "etcdctl",
    words: "ARGUMENTS…",
    summary: "study etcd with stock etcdctl and the gateway's certificate",
    details: async () => "The one documented exception to the rule that only the gateway touches etcd.",
    flags: dataDirFlag,
    passesWordsOn: true,
    run: async ({ config, args }) =>
      (await import("./etcdctl.ts")).etcdctl(findDataDir(config.dataDir, process.env), args),
  }),
  ...etcdCommands,
  ...memberCommands,
  ...snapshotCommands,
  ...restoreCommands,
  ...faultCommands,
  ...leaderCommands,
  defineCommand({
    name: "bench",
    words: "QUESTION",
    summary: "measure a control plane, ours or another",
    details: async () => (await import("../bench/main.ts")).questionList(),
    flags: {
      ...planeFlags,
      peer: optionalFlag({
        name: "vs",
        placeholder: "file",
        help: "kubeconfig of a second control plane that takes turns with the first, run by run",
      }),
      runs: integerFlag({
        name: "runs",
        placeholder: "number",
        default: 0,
        help: "runs of each that count, after one that does not; 0: as many as the question is worth",
      }),
      json: switchFlag({ name: "json", default: false, help: "print the line for programs only, not the table" }),
    },
    run: async ({ config, args }) => {
      const { runBench } = await import("../bench/main.ts");
      return runBench({ ...config, kubeconfig: () => credentials(config), args });
    },
  }),
];

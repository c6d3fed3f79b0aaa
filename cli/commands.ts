import { optionalFlag, switchFlag } from "../component-base/flags.ts";
import { type Command, defineCommand } from "./command.ts";
import { findDataDir, findKubeconfig } from "./data-dir.ts";
import { upFlags } from "./up/up-flags.ts";

const dataDirFlag = {
  dataDir: optionalFlag({
    name: "data-dir",
    placeholder: "folder",
    help: "the control plane that is meant (default $GATEHOUSE_DATA_DIR, else .gatehouse)",
  }),
};
const planeFlags = {
  ...dataDirFlag,
  kubeconfig: optionalFlag({
    name: "kubeconfig",
    placeholder: "file",
    help: "credentials (default $KUBECONFIG, else those of the data directory)",
  }),
};

/** The only list of commands. */
export const commands: readonly Command[] = [
  defineCommand({
    name: "up",
    summary: "run the control plane until it is told to stop",
    flags: upFlags,
    run: async ({ config, args }) => {
      const { UserError } = await import("./user-error.ts");
      if (args.length > 0) throw new UserError(`up takes flags only, not ${args.join(" ")}`);
      return (await import("./up/up.ts")).up(config);
    },
  }),
  defineCommand({
    name: "kubeconfig",
    summary: "print the administrator's kubeconfig",
    details: "`export KUBECONFIG=$(gatehouse kubeconfig --path)` points kubectl at the control plane.",
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
    usage: "KIND/NAME [--namespace NAMESPACE]",
    summary: "show who did what to an object, at which etcd revision, as a tree",
    flags: {
      ...planeFlags,
      namespace: optionalFlag({ name: "namespace", placeholder: "name", help: "of the object (default default)" }),
    },
    run: async ({ config, args }) => {
      const folder = findDataDir(config.dataDir, process.env);
      const kubeconfig = findKubeconfig(config.kubeconfig, process.env, folder);
      return (await import("./trace.ts")).trace({ kubeconfig, namespace: config.namespace ?? "default", args });
    },
  }),
  defineCommand({
    name: "access-test",
    summary: "try to reach etcd with every certificate there is: only the gateway's may be accepted",
    details: "Exits with 1 when etcd accepts anybody else, or refuses the gateway.",
    flags: dataDirFlag,
    run: async ({ config }) => (await import("./access-test.ts")).accessTest(findDataDir(config.dataDir, process.env)),
  }),
  {
    name: "etcdctl",
    usage: "[--data-dir FOLDER] ARGUMENTS…",
    summary: "study etcd with stock etcdctl and the gateway's certificate",
    details: "The one documented exception to the rule that only the gateway touches etcd.",
    run: async ({ args }) => (await import("./etcdctl.ts")).etcdctl(args),
  },
  {
    name: "bench",
    usage: "QUESTION [--kubeconfig FILE] [--vs FILE] [--json]",
    summary: "measure a control plane, ours or another",
    run: async ({ args }) => {
      const { runBench } = await import("../bench/main.ts");
      const kubeconfig = findKubeconfig(undefined, process.env, findDataDir(undefined, process.env));
      return runBench(args, { kubeconfig });
    },
  },
];

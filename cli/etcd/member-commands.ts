import { resolve } from "node:path";
import { choiceFlag, optionalFlag } from "../../component-base/flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { type DataDir, findDataDir } from "../data-dir.ts";
import { dataDirFlag } from "../plane-flags.ts";
import { UsageError } from "../user-error.ts";

const output = choiceFlag({ name: "o", values: ["text", "json"], default: "text", help: "form of the output" });

/** `gatehouse etcd add|remove|replace`: whole changes of who is a member, which need the launcher. */
export const memberCommands: readonly Command[] = [
  defineCommand({
    name: "etcd add",
    summary: "add a member to etcd: as a learner first, which votes when it has caught up",
    details: async () => "Refused while a member is not well. From 3 to 5: twice.",
    flags: { ...dataDirFlag, output },
    run: ({ config }) => operate("etcd-add", {}, config),
  }),
  defineCommand({
    name: "etcd remove",
    words: "NAME",
    summary: "remove a member from etcd and set its data aside",
    flags: { ...dataDirFlag, output },
    run: ({ config, args }) => operate("etcd-remove", { name: oneName(args, "etcd remove") }, config),
  }),
  defineCommand({
    name: "etcd replace",
    words: "NAME",
    summary: "replace a member, a lost one for instance: remove it, add it anew with an empty data directory",
    details: async () =>
      `The documented order, each step of it told: remove NAME from the cluster, set its data aside, add a member of that name
as a learner, start it with initial-cluster-state=existing, wait until it has caught up, give it a vote, tell the gateways.`,
    flags: { ...dataDirFlag, output },
    run: ({ config, args }) => operate("etcd-replace", { name: oneName(args, "etcd replace") }, config),
  }),
  defineCommand({
    name: "etcd upgrade",
    summary: "take every member to another etcd program, one at a time, after a snapshot",
    details: async () =>
      `Followers first, the leader last. Refused where etcd does not support the step: one minor release at a time, never back
to an earlier one. A member that does not come back with the new program gets its old one again.`,
    flags: {
      ...dataDirFlag,
      to: optionalFlag({ name: "to", placeholder: "file", help: "the new etcd program" }),
      output,
    },
    run: ({ config }) => {
      if (config.to === undefined) throw new UsageError("etcd upgrade needs --to, the path of an etcd program");
      return operate("etcd-upgrade", { to: resolve(config.to) }, config);
    },
  }),
];

async function operate(
  operation: string,
  input: unknown,
  config: { readonly dataDir: string | undefined; readonly output: "text" | "json" },
): Promise<number> {
  const { callLauncher } = await import("../control-client.ts");
  const folder: DataDir = findDataDir(config.dataDir, process.env);
  const say = (line: string) => (config.output === "json" ? console.error(line) : console.log(line));
  const result = await callLauncher(folder, operation, input, { say, signal: new AbortController().signal });
  if (config.output === "json") console.log(JSON.stringify(result, null, 2));
  return 0;
}

function oneName(args: readonly string[], command: string): string {
  const [name, ...others] = args;
  if (name === undefined || others.length > 0) throw new UsageError(`${command} takes the name of one member`);
  return name;
}

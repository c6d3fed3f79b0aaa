import { choiceFlag, integerFlag, switchFlag } from "../../component-base/flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { findDataDir } from "../data-dir.ts";
import { dataDirFlag } from "../plane-flags.ts";
import { decryptFlags } from "../snapshot/encryption-flags.ts";

/** `gatehouse restore`. */
export const restoreCommands: readonly Command[] = [
  defineCommand({
    name: "restore",
    words: "FILE",
    summary: "take etcd back to a snapshot, and say what that undid",
    details: async () =>
      `A running control plane goes through the documented order: gateways and loops stop, every member is restored with a new
cluster token, then all start again. One that does not run has its files restored. Old data is set aside, never deleted.
No client sees a resourceVersion run backwards: etcd goes on from a later revision than any that was ever seen, and
watches from before are told to list again.`,
    flags: {
      ...dataDirFlag,
      etcdMembers: integerFlag({
        name: "etcd-members",
        placeholder: "number",
        default: 0,
        defaultText: "as many as there are",
        max: 7,
        help: "members to restore",
      }),
      stopGateways: switchFlag({
        name: "stop-gateways",
        default: false,
        help: "stop gateways that run, instead of refusing; they are started again afterwards",
      }),
      ...decryptFlags,
      output: choiceFlag({ name: "o", values: ["text", "json"], default: "text", help: "form of the report" }),
    },
    run: async ({ config, args }) => {
      const [{ restoreCommand }, { decryptionKeysOf }] = await Promise.all([
        import("./restore.ts"),
        import("../snapshot/encryption-keys.ts"),
      ]);
      const folder = findDataDir(config.dataDir, process.env);
      return restoreCommand({ ...config, folder, args, keys: () => decryptionKeysOf(config) });
    },
  }),
];

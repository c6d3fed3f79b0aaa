import { choiceFlag, stringFlag } from "../../component-base/flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { decryptFlags } from "./encryption-flags.ts";

/** `gatehouse snapshot …` and `gatehouse restore`. */
export const snapshotCommands: readonly Command[] = [
  defineCommand({
    name: "snapshot status",
    words: "FILE",
    summary: "say what is in a snapshot file, and whether it is sound",
    details: async () =>
      `FILE is what \`snapshot save\` or etcdctl wrote, or a copy of a stopped member's member/snap/db.

HASH, REVISION, TOTAL KEYS and TOTAL SIZE are those of the etcdctl, or since 3.6 the etcdutl, that belongs to the etcd that
made the file. Up to 3.5, TOTAL KEYS counts old revisions and etcd's own notes too.`,
    flags: {
      ...decryptFlags,
      etcdPrefix: stringFlag({
        name: "etcd-prefix",
        placeholder: "path",
        default: "/registry",
        help: "where in etcd objects are",
      }),
      output: choiceFlag({ name: "o", values: ["table", "json"], default: "table", help: "form of the output" }),
    },
    run: async ({ config, args }) => {
      const [{ printStatus }, { decryptionKeysOf }] = await Promise.all([
        import("./status.ts"),
        import("./encryption-keys.ts"),
      ]);
      const signal = new AbortController().signal;
      const keys = () => decryptionKeysOf(config);
      return printStatus({ args, keys, output: config.output, prefix: config.etcdPrefix, signal });
    },
  }),
];

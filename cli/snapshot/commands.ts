import { choiceFlag, optionalFlag, stringFlag } from "../../component-base/flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { credentials, planeFlags } from "../plane-flags.ts";
import { decryptFlags, encryptFlags } from "./encryption-flags.ts";

/** `gatehouse snapshot …` and `gatehouse restore`. */
export const snapshotCommands: readonly Command[] = [
  defineCommand({
    name: "snapshot save",
    words: "FILE",
    summary: "save all of etcd into a file, through the gateway",
    details: async () =>
      `The file is what etcdctl's \`snapshot save\` writes: the leader's database with its checksum, which is verified first. It
holds every Secret. Until it is whole it is called FILE.part.`,
    flags: {
      ...planeFlags,
      ...encryptFlags,
      member: optionalFlag({ name: "member", placeholder: "name", help: "whose database (default the leader's)" }),
      output: choiceFlag({ name: "o", values: ["table", "json"], default: "table", help: "form of the output" }),
    },
    run: async ({ config, args }) => {
      const [{ save }, { encryptionOf }] = await Promise.all([import("./save.ts"), import("./encryption-keys.ts")]);
      const encryption = await encryptionOf(config);
      const { member, output } = config;
      return save({ kubeconfig: credentials(config), args, member, encryption, output });
    },
  }),
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

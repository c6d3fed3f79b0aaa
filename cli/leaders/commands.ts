import { choiceFlag } from "../../component-base/flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { findDataDir } from "../data-dir.ts";
import { credentials, planeFlags } from "../plane-flags.ts";

/** `gatehouse leaders`. */
export const leaderCommands: readonly Command[] = [
  defineCommand({
    name: "leaders",
    summary: "show which scheduler and which controller manager lead, since when, and who stands by",
    details: async () =>
      `Leaders hold a Lease in kube-system and renew it every two seconds; when it has not been renewed for its duration, a
standby takes it. A process that is alone leads from its start and needs no Lease: try \`up --schedulers 2\`.`,
    flags: {
      ...planeFlags,
      o: choiceFlag({ name: "o", values: ["table", "json"], default: "table", help: "how to print it" }),
    },
    run: async ({ config }) =>
      (await import("./leaders.ts")).leaders({
        kubeconfig: credentials(config),
        // Processes of another cluster's kubeconfig are not in our data directory.
        folder: config.kubeconfig === undefined ? findDataDir(config.dataDir, process.env) : undefined,
        output: config.o,
      }),
  }),
];

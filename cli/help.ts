import { flagHelp } from "../component-base/flags.ts";
import type { Command } from "./command.ts";

/** `gatehouse --help`: one line for each command. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`);
  return `Gatehouse: a Kubernetes-compatible control plane on real etcd.

Usage: gatehouse COMMAND [flags]

${rows.join("\n")}

\`gatehouse help COMMAND\` or \`gatehouse COMMAND --help\` says more about one of them, \`gatehouse --version\` which Gatehouse
this is.`;
}

/** `gatehouse help COMMAND`. */
export async function commandHelp(command: Command): Promise<string> {
  const parts = [
    `gatehouse ${command.name}: ${command.summary}`,
    `Usage: gatehouse ${command.name} [flags]${command.words === undefined ? "" : ` ${command.words}`}`,
    ...(command.details === undefined ? [] : [await command.details()]),
    `Flags:\n${flagHelp(command.flags)}`,
  ];
  return parts.join("\n\n");
}

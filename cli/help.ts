import { flagHelp } from "../component-base/flags.ts";
import type { Command } from "./command.ts";

/** `gatehouse --help`: one line for each command. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`);
  return `Gatehouse: a Kubernetes-compatible control plane on real etcd.

Usage: gatehouse COMMAND [flags]

${rows.join("\n")}

\`gatehouse help COMMAND\` says more about one of them.`;
}

/** `gatehouse help COMMAND`. */
export function commandHelp(command: Command): string {
  const usage = [command.name, command.usage ?? "", command.flags === undefined ? "" : "[flags]"].filter(Boolean);
  const parts = [`gatehouse ${command.name}: ${command.summary}`, `Usage: gatehouse ${usage.join(" ")}`];
  if (command.details !== undefined) parts.push(command.details);
  if (command.flags !== undefined) parts.push(`Flags:\n${flagHelp(command.flags)}`);
  return parts.join("\n\n");
}

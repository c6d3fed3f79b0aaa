import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseFlags } from "../component-base/flags.ts";
import { packageRoot } from "../component-base/package-root.ts";
import { showSourcesInStacks } from "../component-base/source-stacks.ts";
import { type Command, findCommand } from "./command.ts";
import { commands } from "./commands.ts";
import { commandHelp, overview } from "./help.ts";
import { speaksForItself, UsageError } from "./user-error.ts";

showSourcesInStacks();
process.exitCode = await main(process.argv.slice(2));
// What a command has left open must not keep it alive; output that is still on its way is written first.
process.stdout.write("", () => process.exit());

async function main(argv: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = argv;
  if (name === "--version" || name === "version") return print(version());
  if (name === "help" || name === "--help" || name === "-h") return help(rest);
  const found = findCommand(commands, argv);
  if (found === undefined) return unknown(argv);
  try {
    return await run(found.command, found.rest);
  } catch (error) {
    if (error instanceof UsageError) return misused(error.message);
    if (speaksForItself(error)) return complain(error.message);
    return complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

async function run(command: Command, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(command.flags, argv, { until: command.passesWordsOn ? "first word" : "end" });
  if (parsed.kind === "help") return print(await commandHelp(command));
  const problems = parsed.kind === "problems" ? parsed.problems : surplusWords(command, parsed.args);
  for (const problem of problems) complain(problem);
  return parsed.kind === "config" && problems.length === 0 ? command.run(parsed) : 2;
}

function surplusWords(command: Command, words: readonly string[]): readonly string[] {
  return command.words !== undefined || words.length === 0
    ? []
    : [`${command.name} takes flags only, not ${words.join(" ")}`];
}

async function help(words: readonly string[]): Promise<number> {
  if (words.length === 0) return print(overview(commands));
  const found = findCommand(commands, words);
  return found === undefined ? unknown(words) : print(await commandHelp(found.command));
}

function unknown(words: readonly string[]): number {
  const group = commands.filter((command) => command.name.startsWith(`${words[0]} `));
  if (group.length === 0) return misused(`there is no command ${words[0]}; \`gatehouse help\` lists them`);
  const asked = words.slice(1).find((word) => !word.startsWith("-"));
  if (asked === undefined) return print(overview(group));
  return misused(`there is no command ${words[0]} ${asked}, only ${group.map(({ name }) => name).join(", ")}`);
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return (manifest as { version: string }).version;
}

function print(text: string): number {
  console.log(text);
  return 0;
}

function misused(message: string): number {
  complain(message);
  return 2;
}

function complain(message: string): number {
  console.error(`gatehouse: ${message}`);
  return 1;
}

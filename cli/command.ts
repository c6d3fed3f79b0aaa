import type { ConfigOf, FlagTable } from "../component-base/flags.ts";

/** One command of `gatehouse`: its help and its code. */
export interface Command {
  /** One word, or two for one of a group: `etcd status`. */
  readonly name: string;
  /** What follows the name and the flags in the usage line: `KIND/NAME`. Absent: it takes flags only. */
  readonly words?: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further paragraphs of its own help, loaded when they are wanted. */
  readonly details?: () => Promise<string>;
  readonly flags: FlagTable;
  /** Only flags before the first word that is none are its own; from there on words are handed on as they are. */
  readonly passesWordsOn?: true;
  /** Loads the code only when the command runs; answers the exit code. */
  readonly run: (input: CommandInput) => Promise<number>;
}

export interface CommandInput {
  /** Frozen, as the table of flags describes it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Words that are no flags. */
  readonly args: readonly string[];
}

/** A command whose config is typed by its flags. */
export function defineCommand<T extends FlagTable>(
  command: Omit<Command, "flags" | "run"> & {
    readonly flags: T;
    readonly run: (input: { readonly config: ConfigOf<T>; readonly args: readonly string[] }) => Promise<number>;
  },
): Command {
  return { ...command, run: ({ config, args }) => command.run({ config: config as ConfigOf<T>, args }) };
}

/** The command that the first one or two words name, and what follows them. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

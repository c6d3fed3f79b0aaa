import type { ConfigOf, FlagTable } from "../component-base/flags.ts";

/** One command of `gatehouse`: its help and its code. */
export interface Command {
  readonly name: string;
  /** What follows the name in the usage line: `KIND/NAME`. */
  readonly usage?: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further paragraphs of its own help. */
  readonly details?: string;
  /** Absent: the words after the name are handed on as they are, `--help` included. */
  readonly flags?: FlagTable;
  /** Loads the code only when the command runs; answers the exit code. */
  readonly run: (input: CommandInput) => Promise<number>;
}

export interface CommandInput {
  /** Frozen, as the table of flags describes it; empty without a table. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Words that are no flags. */
  readonly args: readonly string[];
}

/** A command with flags, its config typed by them. */
export function defineCommand<T extends FlagTable>(
  command: Omit<Command, "flags" | "run"> & {
    readonly flags: T;
    readonly run: (input: { readonly config: ConfigOf<T>; readonly args: readonly string[] }) => Promise<number>;
  },
): Command {
  return { ...command, run: ({ config, args }) => command.run({ config: config as ConfigOf<T>, args }) };
}

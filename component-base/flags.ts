import { parseGoDuration } from "./go-duration.ts";

/** One command line flag: everything that parsing it, `--help` and the docs need. */
export interface Flag<T> {
  /** Upstream's name, without the dashes. */
  readonly name: string;
  readonly help: string;
  readonly default: T;
  /** What stands for the value in `--help`: `port`, `file`, `text|json`. Absent: a switch that needs no value. */
  readonly placeholder?: string;
  /** The default as a user would write it; absent when there is none to speak of. */
  readonly defaultText?: string;
  /** @throws Error whose message completes "--name: " */
  readonly parse: (text: string) => T;
}

/** The flags of a command or process: field of its config → flag. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds flags of every type, and Flag is invariant in its own.
export type FlagTable = Readonly<Record<string, Flag<any>>>;

/** The config that a table of flags describes. */
export type ConfigOf<T extends FlagTable> = { readonly [K in keyof T]: T[K]["default"] };

interface Common<T> {
  readonly name: string;
  readonly help: string;
  readonly default: T;
}

export function stringFlag(options: Common<string> & { readonly placeholder: string }): Flag<string> {
  return { ...options, ...shown(options.default), parse: (text) => text };
}

/** A text that need not be given. */
export function optionalFlag(
  options: Omit<Common<string>, "default"> & { readonly placeholder: string },
): Flag<string | undefined> {
  return { ...options, default: undefined, parse: (text) => text };
}

/** A whole number from `min` (default 0) to `max`. */
export function integerFlag(
  options: Common<number> & {
    readonly placeholder: string;
    readonly min?: number;
    readonly max?: number;
    readonly defaultText?: string;
  },
): Flag<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const range = options.max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
  return {
    ...shown(String(options.default)),
    ...options,
    parse(text) {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw new Error(`${JSON.stringify(text)} is not a whole number ${range}`);
    },
  };
}

/** On or off: `--name`, `--name=true`, `--name=false`. */
export function switchFlag(options: Common<boolean>): Flag<boolean> {
  return {
    ...options,
    ...shown(options.default ? "true" : ""),
    parse(text) {
      if (text === "true" || text === "false") return text === "true";
      throw new Error(`${JSON.stringify(text)} is neither true nor false`);
    },
  };
}

export function choiceFlag<const V extends string>(options: Common<V> & { readonly values: readonly V[] }): Flag<V> {
  return {
    name: options.name,
    help: options.help,
    default: options.default,
    placeholder: options.values.join("|"),
    defaultText: options.default,
    parse(text) {
      const value = options.values.find((candidate) => candidate === text);
      if (value !== undefined) return value;
      throw new Error(`${JSON.stringify(text)} is none of ${options.values.join(", ")}`);
    },
  };
}

/** Texts with commas between them. */
export function listFlag(
  options: Common<readonly string[]> & { readonly placeholder: string },
): Flag<readonly string[]> {
  return {
    ...options,
    ...shown(options.default.join(",")),
    parse: (text) => text.split(",").filter((part) => part !== ""),
  };
}

/** A span of time as Go writes it (`500ms`, `40s`, `1m30s`); the config holds milliseconds. */
export function durationFlag(options: Common<number> & { readonly defaultText: string }): Flag<number> {
  return {
    ...options,
    placeholder: "duration",
    parse(text) {
      const durationMs = parseGoDuration(text);
      if (durationMs === undefined || durationMs < 0) {
        throw new Error(`${JSON.stringify(text)} is no duration like 40s or 1m30s`);
      }
      return durationMs;
    },
  };
}

const unitBytes: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A size as people write it (`16MiB`, `2G`, `1048576`); the config holds bytes. Units are powers of 1024. */
export function sizeFlag(options: Common<number> & { readonly defaultText: string }): Flag<number> {
  return {
    ...options,
    placeholder: "size",
    parse(text) {
      const [, amount, unit = ""] = /^(\d+)\s*([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
      if (amount === undefined) throw new Error(`${JSON.stringify(text)} is no size like 16MiB`);
      return Number(amount) * (unitBytes[unit.toLowerCase()] ?? 1);
    },
  };
}

export type ParsedFlags<T extends FlagTable> =
  | { readonly kind: "config"; readonly config: ConfigOf<T>; readonly args: readonly string[] }
  | { readonly kind: "help" }
  /** Every problem there is, each a sentence. */
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/**
 * Reads flags in the forms `--name value`, `--name=value` and `-h`; what is no flag is handed back in `args`, as is everything
 * after `--`. The config is frozen. All problems are reported at once.
 *
 * @param options.until - `first word`: what follows the first word that is no flag is handed back with it, flags included;
 *   default `end`
 */
export function parseFlags<T extends FlagTable>(
  table: T,
  argv: readonly string[],
  options: { readonly until?: "first word" | "end" } = {},
): ParsedFlags<T> {
  const fields = new Map(Object.entries(table).map(([field, flag]) => [flag.name, { field, flag }]));
  const config: Record<string, unknown> = Object.fromEntries(
    Object.entries(table).map(([field, flag]) => [field, flag.default]),
  );
  const problems: string[] = [];
  const args: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      args.push(...rest.splice(0));
    } else if (word === "--help" || word === "-h") {
      return { kind: "help" };
    } else if (!word.startsWith("-") || word === "-") {
      args.push(word);
      if (options.until === "first word") args.push(...rest.splice(0));
    } else {
      const problem = takeFlag(word, rest);
      if (problem !== undefined) problems.push(problem);
    }
  }
  if (problems.length > 0) return { kind: "problems", problems };
  return { kind: "config", config: Object.freeze(config) as ConfigOf<T>, args };

  function takeFlag(word: string, following: string[]): string | undefined {
    const [, name = "", inline] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const known = fields.get(name);
    if (known === undefined) return `${word.replace(/=[\s\S]*$/, "")}: there is no such flag`;
    const text = inline ?? (known.flag.placeholder === undefined ? "true" : following.shift());
    if (text === undefined) return `--${name}: needs a value (${known.flag.placeholder})`;
    try {
      config[known.field] = known.flag.parse(text);
      return undefined;
    } catch (error) {
      if (error instanceof Error) return `--${name}: ${error.message}`;
      throw error;
    }
  }
}

/** The lines of `--help` for a table. */
export function flagHelp(table: FlagTable): string {
  const rows = Object.values(table).map((flag) => {
    const left = `  --${flag.name}${flag.placeholder === undefined ? "" : ` <${flag.placeholder}>`}`;
    const standard = flag.defaultText === undefined ? "" : ` (default ${flag.defaultText})`;
    return { left, right: `${flag.help}${standard}` };
  });
  const width = Math.min(36, Math.max(...rows.map((row) => row.left.length)) + 2);
  return rows
    .map(({ left, right }) =>
      left.length < width ? left.padEnd(width) + right : `${left}\n${" ".repeat(width)}${right}`,
    )
    .join("\n");
}

/** The flags that turn a config back into the same config: what a launcher hands to a process. */
export function toArgv(values: Readonly<Record<string, string | number | boolean | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
}

function shown(defaultText: string): { readonly defaultText?: string } {
  return defaultText === "" ? {} : { defaultText };
}

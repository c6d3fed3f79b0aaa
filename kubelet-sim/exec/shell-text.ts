import { parse } from "shell-quote";

/** One command of a script, with its words not yet filled in. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** What joins it to the command before: run always, only after success, only after failure. */
  readonly after: ";" | "&&" | "||";
}

/** A script that means more than this shell can do, or nothing. */
export class ShellSyntaxError extends Error {
  override readonly name = "ShellSyntaxError";
}

/** Stands for `$NAME` in a word until the command runs: variables may be set before it by the same script. */
const mark = "\u0000";

/**
 * Takes a script apart: commands joined by `;`, `&&`, `||` and newlines.
 * @throws ShellSyntaxError for pipes, redirections, substitutions and all else
 */
export function parseScript(text: string): readonly ShellCommand[] {
  const script = joinedLines(text);
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let after: ShellCommand["after"] = ";";
  const close = (joint: string) => {
    if (words.length > 0) commands.push({ words, after });
    else if (joint !== ";" || after !== ";") throw new ShellSyntaxError(`Syntax error: "${joint}" unexpected`);
    words = [];
  };
  for (const entry of entriesOf(script)) {
    if (typeof entry === "string") words.push(entry);
    else if ("comment" in entry) continue;
    else if (entry.op === "glob") words.push((entry as { readonly pattern: string }).pattern);
    else if (entry.op === ";" || entry.op === "&&" || entry.op === "||") {
      close(entry.op);
      after = entry.op;
    } else throw new ShellSyntaxError(`this simulated shell does not know "${entry.op}"`);
  }
  if (words.length > 0 || after !== ";") close("end of file");
  return commands;
}

/** @throws ShellSyntaxError for `${A:-b}` and its like */
function entriesOf(script: string) {
  try {
    return parse(script, (name) => {
      // A dollar that names nothing is a dollar.
      if (name === "") return undefined;
      if (!/^(?:\w+|[?$#@*])$/.test(name)) throw new Error("Bad substitution");
      return `${mark}${name}${mark}`;
    });
  } catch (error) {
    throw new ShellSyntaxError("Bad substitution", { cause: error });
  }
}

/** The word with its variables filled in. */
export function expand(word: string, variable: (name: string) => string): string {
  if (!word.includes(mark)) return word;
  return word
    .split(mark)
    .map((part, index) => (index % 2 === 1 ? variable(part) : part))
    .join("");
}

/** `NAME=value`, or undefined. */
export function assignment(word: string): readonly [name: string, value: string] | undefined {
  const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word) ?? [];
  return name === undefined || value === undefined ? undefined : [name, value];
}

/** Newlines outside of quotes end commands; a backslash before one joins the lines. */
function joinedLines(text: string): string {
  let quote = "";
  let result = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "\0") throw new ShellSyntaxError("a script must not hold NUL");
    if (char === "\\" && quote !== "'") {
      const next = text[++at] ?? "";
      if (next !== "\n") result += char + next;
      continue;
    }
    if (quote !== "'" && (char === "`" || (char === "$" && text[at + 1] === "("))) {
      throw new ShellSyntaxError(`this simulated shell does not know "${char === "`" ? char : "$("}"`);
    }
    if (char === "#" && quote === "" && /^$|[\s;&|]$/.test(result)) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end - 1;
      continue;
    }
    if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) quote = char;
    result += char === "\n" && quote === "" ? " ;\n" : char;
  }
  if (quote !== "") throw new ShellSyntaxError("Syntax error: Unterminated quoted string");
  return result;
}

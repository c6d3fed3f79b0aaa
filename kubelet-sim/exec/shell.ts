import { collect } from "./collect.ts";
import { piecesOf } from "./input.ts";
import type { ProgramCall } from "./program.ts";
import { assignment, expand, parseScript, type ShellCommand, ShellSyntaxError } from "./shell-text.ts";
import { promptedLines } from "./terminal.ts";

/** The memory of one shell, from its first command to its last. */
interface Session {
  readonly name: string;
  readonly call: ProgramCall;
  readonly env: Record<string, string>;
  /** `$0`, `$1`, … */
  readonly parameters: readonly string[];
  lastCode: number;
  exited: boolean;
}

const maxScriptBytes = 1024 * 1024;

/**
 * `sh -c TEXT`, or `sh` with its commands on standard input. It interprets them itself: nothing reaches a shell of this
 * machine, and only programs of the container can be called.
 */
export async function shell(call: ProgramCall): Promise<number> {
  const [name = "sh", option, text, ...rest] = call.argv;
  const parameters = rest.length > 0 ? rest : [name];
  const session: Session = { name, call, env: { ...call.env }, parameters, lastCode: 0, exited: false };
  if (option !== undefined && /^-[a-z]*c$/.test(option)) {
    if (text === undefined) return complain(session, "-c requires an argument");
    return runScript(session, text);
  }
  if (option !== undefined && option !== "-i" && option !== "-l") return complain(session, `${option}: not supported`);
  if (!call.tty)
    return runScript(session, (await collect(piecesOf(call.stdin, call), maxScriptBytes)).toString("utf8"));
  for await (const line of promptedLines(call, "/ # ")) {
    await runScript(session, line);
    if (session.exited) break;
  }
  return session.lastCode;
}

async function complain({ name, call }: Session, problem: string): Promise<number> {
  await call.stderr.write(`${name}: 1: ${problem}\n`);
  return 2;
}

async function runScript(session: Session, text: string): Promise<number> {
  try {
    for (const command of parseScript(text)) {
      const skipped =
        command.after === "&&" ? session.lastCode !== 0 : command.after === "||" && session.lastCode === 0;
      if (!skipped) session.lastCode = await runCommand(session, command);
      if (session.exited) break;
    }
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    session.lastCode = await complain(session, error.message);
  }
  return session.lastCode;
}

async function runCommand(session: Session, { words }: ShellCommand): Promise<number> {
  const { call, env } = session;
  call.signal.throwIfAborted();
  const own: Record<string, string> = {};
  const variable = (name: string) => variableOf(session, name);
  let first = 0;
  for (; first < words.length; first++) {
    const found = assignment(words[first] ?? "");
    if (found === undefined) break;
    own[found[0]] = expand(found[1], variable);
  }
  const argv = words.slice(first).map((word) => expand(word, variable));
  const [program] = argv;
  if (program === undefined) {
    Object.assign(env, own);
    return 0;
  }
  const builtin = Object.hasOwn(builtins, program) ? builtins[program] : undefined;
  if (builtin !== undefined) return builtin(session, argv);
  const found = call.container.find(program);
  if (found === undefined) {
    await call.stderr.write(`${session.name}: 1: ${program}: not found\n`);
    return 127;
  }
  return found({ ...call, argv, env: { ...env, ...own } });
}

const builtins: Readonly<Record<string, (session: Session, argv: readonly string[]) => Promise<number>>> = {
  ":": () => Promise.resolve(0),
  cd: () => Promise.resolve(0),
  set: () => Promise.resolve(0),
  exit(session, [, code]) {
    session.exited = true;
    return Promise.resolve(code === undefined ? session.lastCode : Number(code) & 255);
  },
  export(session, words) {
    for (const word of words.slice(1)) {
      const found = assignment(word);
      if (found !== undefined) session.env[found[0]] = found[1];
    }
    return Promise.resolve(0);
  },
  exec(session, words) {
    session.exited = true;
    return runCommand(session, { words: words.slice(1), after: ";" });
  },
};

function variableOf({ env, lastCode, parameters }: Session, name: string): string {
  if (name === "?") return String(lastCode);
  if (name === "$") return "1";
  if (name === "#") return String(parameters.length - 1);
  if (name === "@" || name === "*") return parameters.slice(1).join(" ");
  if (/^\d+$/.test(name)) return parameters[Number(name)] ?? "";
  return env[name] ?? "";
}

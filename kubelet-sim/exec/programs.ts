import { posix } from "node:path";
import { piecesOf } from "./input.ts";
import { FileProblem, type Program, type ProgramCall } from "./program.ts";
import { shell } from "./shell.ts";
import { tar } from "./tar.ts";

/** The programs that every simulated container has. Nothing of this machine is behind them. */
export const programs: Readonly<Record<string, Program>> = {
  cat,
  date,
  echo,
  env: printEnvironment,
  false: () => Promise.resolve(1),
  hostname: (call) => say(call, call.container.hostname),
  id: (call) => say(call, "uid=0(root) gid=0(root) groups=0(root)"),
  ls,
  printenv: printEnvironment,
  pwd: (call) => say(call, "/"),
  sh: shell,
  bash: shell,
  sleep,
  tar,
  true: () => Promise.resolve(0),
  whoami: (call) => say(call, "root"),
};

const folders = ["/bin/", "/usr/bin/", "/usr/local/bin/"];

/** Finds a program by its name, or by a path where one would be. */
export function findIn(table: Readonly<Record<string, Program>>, name: string): Program | undefined {
  const folder = folders.find((prefix) => name.startsWith(prefix));
  const key = folder === undefined ? name : name.slice(folder.length);
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

async function say({ stdout }: ProgramCall, line: string): Promise<number> {
  await stdout.write(`${line}\n`);
  return 0;
}

function echo(call: ProgramCall): Promise<number> {
  const [, first, ...rest] = call.argv;
  if (first !== "-n") return say(call, call.argv.slice(1).join(" "));
  return call.stdout.write(rest.join(" ")).then(() => 0);
}

async function printEnvironment(call: ProgramCall): Promise<number> {
  const [, name] = call.argv;
  if (name !== undefined) {
    const value = call.env[name];
    return value === undefined ? 1 : say(call, value);
  }
  const lines = Object.entries(call.env).map(([key, value]) => `${key}=${value}`);
  return say(call, lines.join("\n"));
}

function date(call: ProgramCall): Promise<number> {
  const now = new Date(call.clock.now());
  const [, format] = call.argv;
  if (format === "+%s") return say(call, String(Math.floor(now.getTime() / 1000)));
  const [day = "", number = "", month = "", year = "", time = ""] = now.toUTCString().replace(",", "").split(" ");
  return say(call, `${day} ${month} ${number.replace(/^0/, " ")} ${time} UTC ${year}`);
}

async function sleep(call: ProgramCall): Promise<number> {
  const [, amount = ""] = call.argv;
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(amount) ?? [];
  if (number === undefined && amount !== "infinity") {
    await call.stderr.write(`sleep: invalid time interval '${amount}'\n`);
    return 1;
  }
  const seconds = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 }[unit ?? ""] ?? 1;
  const delayMs = number === undefined ? Number.MAX_SAFE_INTEGER : Number(number) * seconds * 1000;
  await call.clock.sleep(delayMs, call);
  return 0;
}

async function cat(call: ProgramCall): Promise<number> {
  const names = call.argv.slice(1);
  let code = 0;
  for (const name of names.length === 0 ? ["-"] : names) {
    try {
      if (name === "-") await copy(piecesOf(call.stdin, call), call);
      else await copy(call.container.files.read(posix.resolve("/", name)), call);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      await call.stderr.write(`cat: ${name}: ${error.message}\n`);
      code = 1;
    }
  }
  return code;
}

async function copy(from: AsyncIterable<Uint8Array> | Promise<Uint8Array>, { stdout }: ProgramCall): Promise<void> {
  if (from instanceof Promise) return stdout.write(await from);
  for await (const chunk of from) await stdout.write(chunk);
}

async function ls(call: ProgramCall): Promise<number> {
  const names = call.argv.slice(1).filter((word) => !word.startsWith("-"));
  let code = 0;
  for (const name of names.length === 0 ? ["/"] : names) {
    try {
      const entries = await call.container.files.list(posix.resolve("/", name));
      if (entries.length > 0) await call.stdout.write(`${entries.join("\n")}\n`);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      await call.stderr.write(`ls: cannot access '${name}': ${error.message}\n`);
      code = 2;
    }
  }
  return code;
}

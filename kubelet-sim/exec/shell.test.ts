import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { InputQueue } from "./input.ts";
import type { ContainerView, Output, Program } from "./program.ts";
import { findIn, programs } from "./programs.ts";
import { textFiles } from "./simulated-container.ts";

/** Writes down how it was called. */
const spy: Program = async ({ argv, env, stdout }) => {
  await stdout.write(`${JSON.stringify(argv)} A=${env["A"] ?? ""}\n`);
  return 0;
};
const container: ContainerView = {
  hostname: "box",
  env: { PATH: "/bin", A: "outer" },
  files: textFiles(new Map([["/etc/hostname", "box\n"]])),
  find: (name) => findIn({ ...programs, spy, three: () => Promise.resolve(3) }, name),
};

async function run(argv: readonly string[], options: { readonly stdin?: string; readonly tty?: boolean } = {}) {
  const stdin = new InputQueue(() => undefined);
  if (options.stdin !== undefined) stdin.push(Buffer.from(options.stdin));
  stdin.end();
  const written = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr"): Output => ({
    async write(data) {
      written[name] += Buffer.from(data).toString();
    },
  });
  const clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const { signal } = new AbortController();
  const { env } = container;
  const program = container.find(argv[0] ?? "") as Program;
  const tty = options.tty === true;
  const code = await program({
    argv,
    env,
    stdin,
    stdout: output("stdout"),
    stderr: output("stderr"),
    tty,
    container,
    clock,
    signal,
  });
  return { code, ...written };
}

const scripts: readonly { name: string; script: string; stdout?: string; stderr?: string; code?: number }[] = [
  { name: "words", script: "spy a  b", stdout: '["spy","a","b"] A=outer\n' },
  { name: "quotes", script: `spy 'a  b' "c 'd'" e\\ f`, stdout: `["spy","a  b","c 'd'","e f"] A=outer\n` },
  { name: "an assignment for one command", script: "A=inner spy; spy", stdout: '["spy"] A=inner\n["spy"] A=outer\n' },
  { name: "an assignment that stays", script: "A=inner; spy $A", stdout: '["spy","inner"] A=inner\n' },
  { name: "export", script: `export A="x y"; spy "$A-$NONE"`, stdout: '["spy","x y-"] A=x y\n' },
  { name: "a variable in single quotes", script: "spy '$A'", stdout: '["spy","$A"] A=outer\n' },
  { name: "and", script: "true && echo yes; false && echo no", stdout: "yes\n", code: 1 },
  { name: "or", script: "false || echo no; true || echo yes", stdout: "no\n" },
  { name: "the last code", script: "three; echo $?", stdout: "3\n" },
  { name: "exit", script: "exit 7; echo never", stdout: "", code: 7 },
  { name: "lines and comments", script: "echo a # no\n# no\necho b \\\n c\n", stdout: "a\nb c\n" },
  { name: "a glob stays as it is", script: "echo *.db", stdout: "*.db\n" },
  { name: "nothing", script: "  ", stdout: "" },
  { name: "no such program", script: "nope", stderr: "sh: 1: nope: not found\n", code: 127 },
  { name: "a pipe", script: "echo a | cat", stderr: 'sh: 1: this simulated shell does not know "|"\n', code: 2 },
  {
    name: "a redirection",
    script: "echo a > /tmp/x",
    stderr: 'sh: 1: this simulated shell does not know ">"\n',
    code: 2,
  },
  { name: "a substitution", script: "echo $(id)", stderr: 'sh: 1: this simulated shell does not know "$("\n', code: 2 },
  { name: "backticks", script: "echo `id`", stderr: 'sh: 1: this simulated shell does not know "`"\n', code: 2 },
  { name: "an open brace", script: "echo ${A", stderr: "sh: 1: Bad substitution\n", code: 2 },
  { name: "a default", script: "echo \x24{A:-b}", stderr: "sh: 1: Bad substitution\n", code: 2 },
  { name: "braces", script: 'echo "\x24{A}x"', stdout: "outerx\n" },
  { name: "a lone dollar", script: "echo $ a$", stdout: "$ a$\n" },
  { name: "an open quote", script: "echo 'a", stderr: "sh: 1: Syntax error: Unterminated quoted string\n", code: 2 },
  { name: "nothing before and", script: "&& echo", stderr: 'sh: 1: Syntax error: "&&" unexpected\n', code: 2 },
  { name: "nothing after and", script: "true &&", stderr: 'sh: 1: Syntax error: "end of file" unexpected\n', code: 2 },
];

describe("sh -c", () => {
  test.each(scripts)("$name", async ({ script, stdout = "", stderr = "", code = 0 }) => {
    expect(await run(["sh", "-c", script])).toEqual({ code, stdout, stderr });
  });

  test("takes parameters", async () => {
    expect(await run(["sh", "-c", "echo $0 $2 $#", "me", "a", "b"])).toMatchObject({ stdout: "me b 2\n" });
  });

  test("gives what a program leaves of the input to the next", async () => {
    expect(await run(["sh", "-c", "true; cat"], { stdin: "text" })).toMatchObject({ stdout: "text" });
  });
});

test("sh reads a script from its input", async () => {
  expect(await run(["sh"], { stdin: "echo a\necho b\nexit 2\n" })).toEqual({ code: 2, stdout: "a\nb\n", stderr: "" });
});

const keys = [
  { name: "Enter runs the line", typed: "echo a\r", shown: "/ # echo a\na\n/ # " },
  { name: "Backspace takes a letter back", typed: "ec\u007fcho a\r", shown: "/ # ec\b \bcho a\na\n/ # " },
  { name: "Ctrl-C forgets the line", typed: "echo\u0003", shown: "/ # echo^C\n/ # " },
  { name: "Ctrl-D ends", typed: "\u0004echo a\r", shown: "/ # \n" },
  { name: "arrows do nothing", typed: "\u001b[Aecho a\r", shown: "/ # echo a\na\n/ # " },
  { name: "exit ends", typed: "exit\recho\r", shown: "/ # exit\n" },
] as const;
test.each(keys)("at a terminal, $name", async ({ typed, shown }) => {
  expect((await run(["sh"], { stdin: typed, tty: true })).stdout).toBe(shown);
});

const calls = [
  { argv: ["echo", "-n", "a"], stdout: "a" },
  { argv: ["env"], stdout: "PATH=/bin\nA=outer\n" },
  { argv: ["/bin/hostname"], stdout: "box\n" },
  { argv: ["date"], stdout: "Fri Jan  2 03:04:05 UTC 2026\n" },
  { argv: ["cat", "/etc/hostname", "etc/hostname"], stdout: "box\nbox\n" },
  { argv: ["cat", "/etc"], stderr: "cat: /etc: Is a directory\n", code: 1 },
  { argv: ["ls", "-l", "/etc"], stdout: "hostname\n" },
  { argv: ["ls", "/x"], stderr: "ls: cannot access '/x': No such file or directory\n", code: 2 },
  { argv: ["sleep", "x"], stderr: "sleep: invalid time interval 'x'\n", code: 1 },
  { argv: ["false"], code: 1 },
] as const;
test.each(calls)("$argv", async ({ argv, ...expected }) => {
  expect(await run(argv)).toEqual({ code: 0, stdout: "", stderr: "", ...expected });
});

test("names of JavaScript's own are no programs", () => {
  expect(container.find("constructor")).toBeUndefined();
  expect(container.find("/bin/toString")).toBeUndefined();
});

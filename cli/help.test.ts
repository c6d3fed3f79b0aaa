import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { commandHelp, overview } from "./help.ts";

test("the overview lists every command", () => {
  for (const command of commands) expect(overview(commands)).toMatch(new RegExp(`^  ${command.name} +\\w`, "m"));
});

test.each(commands.map((command) => [command.name, command] as const))(
  "help of %s names all its flags",
  async (_name, command) => {
    const help = await commandHelp(command);
    for (const flag of Object.values(command.flags)) expect(help).toContain(`--${flag.name}`);
  },
);

test("up has the flags that others build on", () => {
  const names = Object.values(commands.find((command) => command.name === "up")?.flags ?? {}).map((flag) => flag.name);
  const promised =
    "data-dir secure-port bind-address nodes etcd-servers etcd-cafile etcd-certfile etcd-keyfile etcd-prefix schedulers controller-managers single-process controllers log-format v";
  expect(names).toEqual(expect.arrayContaining(promised.split(" ")));
});

test("help of bench names its questions", async () => {
  const bench = commands.find((command) => command.name === "bench")!;
  expect(await commandHelp(bench)).toMatch(/^Questions:\n {2}pod-create +\w/m);
});

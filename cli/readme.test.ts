import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findCommand } from "./command.ts";
import { commands } from "./commands.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const scripts = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { scripts: object })
  .scripts;

test("the README's table of commands is the list of commands", () => {
  const rows = [...readme.matchAll(/^\| `npx gatehouse ([a-z][^`]*)`/gm)].map((match) => match[1] ?? "");
  const listed = rows.map((row) => findCommand(commands, row.split(" "))?.command.name);
  expect(listed).toEqual(commands.map(({ name }) => name));
});

test("every command that the README types exists", () => {
  for (const [, words = ""] of readme.matchAll(/npx gatehouse ([a-z][\w -]*)/g)) {
    if (!words.startsWith("help")) expect(findCommand(commands, words.split(" ")), words).toBeDefined();
  }
});

test("every npm script that the README names exists", () => {
  const named = [...readme.matchAll(/npm run ([\w:]+)|`(test:\w+)`/g)].map((match) => match[1] ?? match[2]);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...named, "start", "test"]));
});

test("every page that the README links to exists", () => {
  for (const [, path] of readme.matchAll(/\]\(([^)]+\.md)\)/g)) {
    expect(readFileSync(new URL(`../${path}`, import.meta.url), "utf8")).not.toBe("");
  }
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
  .map((entry) => entry.name)
  .filter((name) => !["node_modules", "dist", "coverage"].includes(name));
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
    (name) => `${folder}/${name.replaceAll("\\", "/")}`,
  );
const files = folders.flatMap(filesIn);
const rooms = folders.filter((name) => !["docs", "bin"].includes(name));
const pages = ["README.md", ...files.filter((file) => file.endsWith(".md"))];
const text = (file: string) => readFileSync(join(root, file), "utf8");

test.each(rooms)("%s has a README of less than 40 lines", (room) => {
  expect(text(`${room}/README.md`).split("\n").length).toBeLessThan(40);
});

describe("what a page names exists", () => {
  test.each(pages)("%s", (page) => {
    const named = [...text(page).matchAll(/`([\w./-]+\.(?:ts|mjs|yaml|proto|txt))`/g)].map((match) => match[1] ?? "");
    const known = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
    expect(named.filter((name) => !known(name) && !generated.test(name) && !examples.has(name))).toEqual([]);
  });

  test.each(pages)("%s links only to what exists", (page) => {
    const links = [...text(page).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});

const generated = /generated\//;
/** Names that stand for any. */
const examples = new Set(["x.test.ts", "x.ts"]);

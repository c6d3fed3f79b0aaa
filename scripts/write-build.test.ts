import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
// @ts-expect-error plain JavaScript, because it runs before anything is installed
import { builtFrom, writeBuild } from "./write-build.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-build-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function build(from: string, files: Record<string, string>, keepMs = 60_000) {
  const list = Object.entries(files).map(([name, text]) => ({
    path: join(folder, name),
    contents: Buffer.from(text),
    isEntryPoint: name.includes("main"),
  }));
  writeBuild({ folder, files: list, from, keepMs });
}

const names = () =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !name.startsWith("."));

test("an entry point is replaced; what it used to load stays without its map", () => {
  build("a", { "cli/main.js": "old", "piece-1.js": "one", "piece-1.js.map": "{}" });
  build("b", { "cli/main.js": "new", "piece-2.js": "two", "piece-2.js.map": "{}" });
  expect(builtFrom(folder)).toBe("b");
  expect(readFileSync(join(folder, "cli/main.js"), "utf8")).toBe("new");
  expect(names().sort()).toEqual(["cli", "cli/main.js", "piece-1.js", "piece-2.js", "piece-2.js.map"]);
});

test("nothing stays once it has been replaced for long enough", () => {
  build("a", { "piece-1.js": "one" });
  build("b", { "piece-2.js": "two" }, 0);
  expect(names()).toEqual(["piece-2.js"]);
});

test("a folder without a build was built from nothing", () => {
  expect(builtFrom(folder)).toBeUndefined();
});

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exchangeMembers, finishExchange, memberFolders } from "./exchange.ts";

let folder: string;
let dataDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-exchange-"));
  dataDir = join(folder, "etcd");
  for (const name of ["etcd-1", "etcd-2", "etcd-9"]) member(name, "old");
  for (const name of ["etcd-1", "etcd-2", "etcd-3"]) member(join(".restore-x", name), "new");
  writeFileSync(join(dataDir, "plan.json"), "[]");
});
afterEach(() => rmSync(folder, { recursive: true }));

function member(name: string, content: string): void {
  mkdirSync(join(dataDir, name, "member"), { recursive: true });
  writeFileSync(join(dataDir, name, "member", "data"), content);
}

function contents(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dataDir)
      .filter((name) => name !== "plan.json")
      .map((name) => [name, readFileSync(join(dataDir, name, "member", "data"), "utf8")]),
  );
}

const exchange = () =>
  exchangeMembers(dataDir, { work: ".restore-x", names: ["etcd-1", "etcd-2", "etcd-3"], stamp: "NOW" });
const exchanged = {
  "etcd-1": "new",
  "etcd-2": "new",
  "etcd-3": "new",
  "etcd-1.before-restore-NOW": "old",
  "etcd-2.before-restore-NOW": "old",
  "etcd-9.before-restore-NOW": "old",
};

test("all old folders are set aside, all new ones put in place", () => {
  expect(exchange().map(({ member }) => member)).toEqual(["etcd-1", "etcd-2", "etcd-9"]);
  rmSync(join(dataDir, ".restore-x"), { recursive: true });
  expect(contents()).toEqual(exchanged);
  expect(memberFolders(dataDir)).toEqual(["etcd-1", "etcd-2", "etcd-3"]);
});

test("names that are taken already are not used again, and empty folders are no hindrance", () => {
  member("etcd-1.before-restore-NOW", "older");
  mkdirSync(join(dataDir, "etcd-3"));
  expect(exchange().map(({ folder }) => readFileSync(join(folder, "member", "data"), "utf8"))).toEqual([
    "old",
    "old",
    "old",
  ]);
  expect(readFileSync(join(dataDir, "etcd-1.before-restore-NOW", "member", "data"), "utf8")).toBe("older");
  expect(existsSync(join(dataDir, "etcd-1.before-restore-NOW-2"))).toBe(true);
});

test("a step that fails takes back the others", () => {
  rmSync(join(dataDir, ".restore-x", "etcd-3"), { recursive: true });
  expect(exchange).toThrow("ENOENT");
  expect(readdirSync(dataDir).sort()).toEqual([".restore-x", "etcd-1", "etcd-2", "etcd-9", "plan.json"]);
  expect(readFileSync(join(dataDir, "etcd-1", "member", "data"), "utf8")).toBe("old");
});

test("whenever it is cut short, the next start does the rest", () => {
  const moves = [
    ...["etcd-1", "etcd-2", "etcd-9"].map((name) => ({ from: name, to: `${name}.before-restore-NOW` })),
    ...["etcd-1", "etcd-2", "etcd-3"].map((name) => ({ from: join(".restore-x", name), to: name })),
  ];
  const start = join(folder, "start");
  cpSync(dataDir, start, { recursive: true });
  for (let done = 0; done <= moves.length; done++) {
    rmSync(dataDir, { recursive: true });
    cpSync(start, dataDir, { recursive: true });
    writeFileSync(join(dataDir, "restore-in-progress.json"), JSON.stringify({ moves }));
    for (const { from, to } of moves.slice(0, done)) renameSync(join(dataDir, from), join(dataDir, to));
    finishExchange(dataDir);
    expect(contents(), `after ${done} moves`).toEqual(exchanged);
  }
  finishExchange(dataDir);
  expect(contents()).toEqual(exchanged);
});

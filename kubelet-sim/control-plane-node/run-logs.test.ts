import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProcessInfo } from "../../component-base/process-table.ts";
import { RunLogs } from "./run-logs.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "run-logs-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One process that writes, ends and starts again. */
function life(name: string) {
  const logPath = join(folder, name);
  let info: ProcessInfo = {
    name,
    row: "scheduler",
    state: "running",
    startedAtMs: 1,
    restarts: 0,
    logPath,
    commandLine: [],
  };
  let listener: () => void = () => undefined;
  writeFileSync(logPath, "first\n");
  const table = {
    list: () => [info],
    onChange(wanted: () => void) {
      listener = wanted;
      return () => undefined;
    },
  };
  const logs = new RunLogs(table, new AbortController());
  return {
    logPath,
    logs,
    get info() {
      return info;
    },
    become(change: Partial<ProcessInfo>) {
      info = { ...info, ...change };
      listener();
    },
  };
}

test("before the first end everything is of this run", () => {
  const { logs, info, logPath } = life("first");
  expect([logs.current(info), logs.previous(info)]).toEqual([{ path: logPath, from: 0 }, undefined]);
});

test("while it is down, the run before is the one that ended", () => {
  const process = life("down");
  process.become({ state: "waiting" });
  expect(process.logs.previous(process.info)).toEqual({ path: process.logPath, from: 0, to: 6 });
  expect(process.logs.current(process.info)).toEqual({ path: process.logPath, from: 0 });
});

test("a run begins where the one before had ended, whatever it has written before anybody looked", () => {
  const process = life("again");
  process.become({ state: "waiting" });
  appendFileSync(process.logPath, "second\n");
  process.become({ state: "running", startedAtMs: 2, restarts: 1 });
  expect(process.logs.current(process.info)).toEqual({ path: process.logPath, from: 6 });
  expect(process.logs.previous(process.info)).toEqual({ path: process.logPath, from: 0, to: 6 });
  process.become({ state: "waiting" });
  process.become({ state: "running", startedAtMs: 3, restarts: 2 });
  expect(process.logs.previous(process.info)).toEqual({ path: process.logPath, from: 6, to: 13 });
});

test("a file that was set aside begins anew", () => {
  const process = life("rotated");
  process.become({ state: "waiting" });
  writeFileSync(process.logPath, "x\n");
  process.become({ state: "running", startedAtMs: 2, restarts: 1 });
  expect(process.logs.current(process.info)).toEqual({ path: process.logPath, from: 0 });
  expect(process.logs.previous(process.info)).toBeUndefined();
});

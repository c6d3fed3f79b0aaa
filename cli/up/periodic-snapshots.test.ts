import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { runPeriodicSnapshots } from "./periodic-snapshots.ts";

const minuteMs = 60_000;
let folder: string;
let clock: VirtualClock;
let stop: AbortController;
let lines: string[];
let failure: Error | undefined;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "gatehouse-periodic-")), "snapshots");
  clock = new VirtualClock(Date.parse("2026-01-02T03:00:00Z"));
  stop = new AbortController();
  lines = [];
  failure = undefined;
});
afterEach(() => {
  stop.abort();
  rmSync(join(folder, ".."), { recursive: true });
});

function run(keep = 2): Promise<void> {
  const save = async (file: string) => {
    if (failure !== undefined) throw failure;
    writeFileSync(file, "snapshot");
    return { sizeBytes: 8, revision: "5", durationMs: 1 };
  };
  const config = { folder, everyMs: 10 * minuteMs, keep };
  return runPeriodicSnapshots(config, { clock, save, say: (line) => lines.push(line) }, stop);
}

test("the first is taken at once, then one each period; only the newest stay", async () => {
  const done = run();
  await clock.advance(0);
  expect(readdirSync(folder)).toEqual(["gatehouse-2026-01-02T03-00-00Z.db"]);
  writeFileSync(join(folder, "mine.db"), "kept");
  writeFileSync(join(folder, "gatehouse-2026-01-02T03-05-00Z.db.part"), "killed");
  for (let period = 0; period < 3; period++) await clock.advance(10 * minuteMs);
  expect(readdirSync(folder)).toEqual([
    "gatehouse-2026-01-02T03-20-00Z.db",
    "gatehouse-2026-01-02T03-30-00Z.db",
    "mine.db",
  ]);
  expect(lines.at(-1)).toBe(
    `snapshot: ${folder}/gatehouse-2026-01-02T03-30-00Z.db, 8 B at revision 5; gatehouse-2026-01-02T03-10-00Z.db deleted`,
  );
  stop.abort();
  await done;
  await clock.advance(20 * minuteMs);
  expect(lines).toHaveLength(4);
});

test("what fails is said, deletes nothing, and is tried again in a minute", async () => {
  void run(1);
  await clock.advance(0);
  failure = new Error("nothing answers");
  await clock.advance(10 * minuteMs);
  expect(lines.at(-1)).toBe("snapshot: none was taken: nothing answers");
  expect(readdirSync(folder)).toEqual(["gatehouse-2026-01-02T03-00-00Z.db"]);
  failure = undefined;
  await clock.advance(minuteMs);
  expect(readdirSync(folder)).toEqual(["gatehouse-2026-01-02T03-11-00Z.db"]);
});

test("a restart goes on where the period was, and a clock put back deletes no new one", async () => {
  void run(1);
  await clock.advance(0);
  stop.abort();
  stop = new AbortController();
  await clock.advance(4 * minuteMs);
  void run(1);
  await clock.advance(5 * minuteMs);
  expect(lines).toHaveLength(1);
  await clock.advance(minuteMs);
  expect(readdirSync(folder)).toEqual(["gatehouse-2026-01-02T03-10-00Z.db"]);
  writeFileSync(join(folder, "gatehouse-2030-01-01T00-00-00Z.db"), "from the future");
  await clock.advance(10 * minuteMs);
  expect(readdirSync(folder)).toEqual(["gatehouse-2026-01-02T03-20-00Z.db"]);
});

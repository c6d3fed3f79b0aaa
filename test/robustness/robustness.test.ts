import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { checkHistory } from "./check-history.ts";
import { readHistory, writeHistory } from "./history-file.ts";
import { mutations } from "./mutations.ts";
import { type RunResult, run } from "./run.ts";

/** Longer runs: `npm run test:robustness -- --minutes 10`. */
const durationMs = 60_000;
// One for all, so that the same faults meet every change; `npm run test:robustness` takes a new one each time.
const seed = Number(process.env["ROBUSTNESS_SEED"] ?? 1);
const nowMs = () => performance.now();
let result: RunResult;
let file: string;

beforeAll(async () => {
  const say = (line: string) => process.stderr.write(`robustness: ${line}\n`);
  say(`seed ${seed} (again: ROBUSTNESS_SEED=${seed}, or npm run test:robustness -- --seed ${seed} --minutes 1)`);
  result = await run({ seed, durationMs, ratePerSecond: 120, faults: true, podsMs: durationMs / 3, say });
  file = join(tmpdir(), `gatehouse-robustness-${seed}.ndjson`);
}, 240_000);

test("what clients saw through two gateways while members and gateways failed is right", () => {
  if (result.violations.length > 0) writeHistory(file, result.history);
  const texts = result.violations.map(({ check, text }) => `${check}: ${text}`);
  expect(texts, `seed ${seed}; history: ${file}; again: npm run test:robustness -- --replay ${file}`).toEqual([]);
  expect(result.history.operations.filter(({ outcome }) => outcome === "ok").length).toBeGreaterThan(50);
});

test.each(mutations)("the same history is found wrong when $name", ({ check, mutate }) => {
  const violations = checkHistory(mutate(result.history), { nowMs });
  expect(violations.map((violation) => violation.check)).toContain(check);
});

test("a history is the same after a file", () => {
  const copy = `${file}.copy`;
  try {
    writeHistory(copy, result.history);
    expect(readHistory(copy)).toEqual(result.history);
  } finally {
    rmSync(copy, { force: true });
  }
});

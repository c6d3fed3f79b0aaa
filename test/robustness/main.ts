import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkHistory } from "./check-history.ts";
import { readHistory, writeHistory } from "./history-file.ts";
import { run, summary } from "./run.ts";

/** `npm run test:robustness -- [--minutes N] [--seed S] [--rate N] [--clients N] [--registers N] [--no-faults] [--no-pods] [--save-history] [--replay FILE]` */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    rate: { type: "string", default: "150" },
    clients: { type: "string", default: "8" },
    registers: { type: "string", default: "12" },
    "no-faults": { type: "boolean", default: false },
    "no-pods": { type: "boolean", default: false },
    "save-history": { type: "boolean", default: false },
    replay: { type: "string" },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);

if (values.replay !== undefined) {
  const history = readHistory(values.replay);
  say(`seed ${history.seed}: ${summary(history)}`);
  report(checkHistory(history, { nowMs: () => performance.now() }));
} else {
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const durationMs = Number(values.minutes) * 60_000;
  say(`robustness: seed ${seed}, ${durationMs / 1_000} s`);
  const { history, violations } = await run({
    seed,
    durationMs,
    ratePerSecond: Number(values.rate),
    clients: Number(values.clients),
    registers: Number(values.registers),
    faults: !values["no-faults"],
    podsMs: values["no-pods"] ? 0 : durationMs / 2,
    say,
  });
  if (violations.length > 0 || values["save-history"]) {
    const file = join(tmpdir(), `gatehouse-robustness-${seed}.ndjson`);
    writeHistory(file, history);
    say(`history: ${file} (check it again with --replay ${file}; run the same with --seed ${seed})`);
  }
  report(violations);
}

function report(violations: readonly { check: string; text: string }[]): void {
  for (const { check, text } of violations.slice(0, 30)) say(`VIOLATION ${check}: ${text}`);
  say(violations.length === 0 ? "all checks hold" : `${violations.length} violations`);
  // Node 20 may hang for ever when it is left to close the handles of broken connections itself.
  process.exit(violations.length === 0 ? 0 : 1);
}

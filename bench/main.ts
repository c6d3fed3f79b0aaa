import { parseArgs } from "node:util";
import type { Figure, Question, StandaloneQuestion, TargetQuestion } from "./question.ts";
import { podCreate } from "./questions/pod-create.ts";
import { podGet } from "./questions/pod-get.ts";
import { podList } from "./questions/pod-list.ts";
import { podUpdate } from "./questions/pod-update.ts";
import { postToRunning } from "./questions/post-to-running.ts";
import { schedule } from "./questions/schedule.ts";
import { scheduleDecision } from "./questions/schedule-decision.ts";
import { start } from "./questions/start.ts";
import { watchFanout } from "./questions/watch-fanout.ts";
import { jsonLine, type Runs, rows, table } from "./report.ts";

import { openTarget, type Target } from "./target.ts";

/** The only list of questions. */
const questions: readonly Question[] = [
  podCreate,
  podGet,
  podUpdate,
  podList,
  watchFanout,
  schedule,
  scheduleDecision,
  postToRunning,
  start,
];

/**
 * `bench QUESTION [--kubeconfig F] [--vs F2] [--runs N] [--json]`. With --vs the two targets take turns, run by run.
 * @returns the exit code
 */
export async function runBench(argv: readonly string[], defaults: { kubeconfig: string }): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      kubeconfig: { type: "string" },
      vs: { type: "string" },
      runs: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const question = questions.find((candidate) => candidate.name === positionals[0]);
  if (values.help || question === undefined) {
    console.log(help());
    return values.help ? 0 : 2;
  }
  const runs = values.runs === undefined ? (question.runs ?? 5) : Number(values.runs);
  const measured = question.standalone
    ? await measureAlone(question, runs)
    : await measureTargets(question, targetsOf(values.kubeconfig ?? defaults.kubeconfig, values.vs), runs);
  const all = rows(measured);
  if (!values.json) console.log(table(question.name, all));
  console.log(jsonLine(question.name, all));
  return 0;
}

function targetsOf(kubeconfig: string, peer: string | undefined): Target[] {
  const targets = [openTarget("ours", kubeconfig)];
  if (peer !== undefined) targets.push(openTarget("peer", peer));
  return targets;
}

async function measureAlone(question: StandaloneQuestion, runs: number): Promise<Runs[]> {
  const figures: Figure[][] = [];
  for (let run = 0; run <= runs; run++) {
    const result = await question.run();
    if (run > 0) figures.push(result);
  }
  return [{ label: "ours", figures }];
}

/** One warm-up run each, then the counted ones in turn: A B A B …, so that a drift of the machine meets both. */
async function measureTargets(question: TargetQuestion, targets: readonly Target[], runs: number): Promise<Runs[]> {
  const figures = targets.map((target) => ({ label: target.label, figures: [] as Figure[][] }));
  const stamp = Date.now().toString(36);
  try {
    for (const target of targets) await question.prepare?.(target, stamp);
    for (let run = 0; run <= runs; run++) {
      for (const [index, target] of targets.entries()) {
        const result = await question.run(target, { stamp, round: run });
        if (run > 0) figures[index]?.figures.push(result);
      }
    }
    for (const target of targets) await question.cleanUp?.(target, stamp);
  } finally {
    for (const target of targets) await target.close();
  }
  return figures;
}

function help(): string {
  const lines = questions.map((question) => `  ${question.name.padEnd(18)}${question.help}`);
  return [
    "Usage: npm run bench -- QUESTION [--kubeconfig F] [--vs F2] [--runs N] [--json]",
    "",
    "Measures an API server. With --vs a second one takes turns with it, run by run.",
    "",
    ...lines,
  ].join("\n");
}

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

export interface BenchOptions {
  /** Words of the command line: the question's name. */
  readonly args: readonly string[];
  /** Asked for only when the question needs a server. */
  readonly kubeconfig: () => string;
  /** Kubeconfig of a second target; the two take turns, run by run. */
  readonly peer: string | undefined;
  /** Counted runs of each target; 0: the question's own number. */
  readonly runs: number;
  /** Only the line for programs. */
  readonly json: boolean;
}

/** `bench QUESTION`. @returns the exit code */
export async function runBench(options: BenchOptions): Promise<number> {
  const question = questions.find((candidate) => candidate.name === options.args[0]);
  if (question === undefined || options.args.length > 1) {
    const [name, ...more] = options.args;
    const problem = name === undefined || more.length > 0 ? "takes one question" : `has no question ${name}`;
    console.error(`gatehouse: bench ${problem}\n\n${questionList()}`);
    return 2;
  }
  const runs = options.runs || (question.runs ?? 5);
  const measured = question.standalone
    ? await measureAlone(question, runs)
    : await measureTargets(question, targetsOf(options.kubeconfig(), options.peer), runs);
  const all = rows(measured);
  if (!options.json) console.log(table(question.name, all));
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

/** The part of `--help` that names the questions. */
export function questionList(): string {
  const width = Math.max(...questions.map((question) => question.name.length)) + 2;
  return ["Questions:", ...questions.map((question) => `  ${question.name.padEnd(width)}${question.help}`)].join("\n");
}

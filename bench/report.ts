import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import type { Figure } from "./question.ts";

/** All counted runs of one target. */
export interface Runs {
  readonly label: string;
  readonly figures: readonly (readonly Figure[])[];
}

interface Row {
  readonly figure: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** Per target: minimum, median, maximum over the runs. */
  readonly targets: readonly {
    readonly label: string;
    readonly min: number;
    readonly median: number;
    readonly max: number;
  }[];
  /** How many times better the first target is than the second; run by run, the median. */
  readonly ratio?: number;
}

export function rows(all: readonly Runs[]): Row[] {
  const first = all[0];
  if (first === undefined) return [];
  return (first.figures[0] ?? []).map((figure, index) => {
    const series = all.map((runs) => runs.figures.map((run) => run[index]?.value ?? Number.NaN));
    const targets = all.map((runs, at) => ({ label: runs.label, ...spread(series[at] ?? []) }));
    const ratio =
      series.length === 2 ? spread(ratios(series[0] ?? [], series[1] ?? [], figure.better)).median : undefined;
    return {
      figure: figure.name,
      unit: figure.unit,
      better: figure.better,
      targets,
      ...(ratio !== undefined && { ratio }),
    };
  });
}

function ratios(ours: readonly number[], theirs: readonly number[], better: "higher" | "lower"): number[] {
  return ours.map((value, index) => {
    const other = theirs[index] ?? Number.NaN;
    return better === "higher" ? value / other : other / value;
  });
}

function spread(values: readonly number[]): { min: number; median: number; max: number } {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const at = (fraction: number) => sorted[Math.floor((sorted.length - 1) * fraction)] ?? Number.NaN;
  return { min: at(0), median: at(0.5), max: at(1) };
}

/** One table for people. */
export function table(question: string, all: readonly Row[]): string {
  const labels = all[0]?.targets.map((target) => target.label) ?? [];
  const header = [question, ...labels, ...(labels.length === 2 ? [`${labels[0]} better by`] : [])];
  const lines = all.map((row) => [
    `${row.figure} (${row.unit})`,
    ...row.targets.map((target) => `${number(target.median)} [${number(target.min)}–${number(target.max)}]`),
    ...(row.ratio === undefined ? [] : [`×${row.ratio.toFixed(2)}`]),
  ]);
  const widths = header.map((cell, column) => Math.max(cell.length, ...lines.map((line) => line[column]?.length ?? 0)));
  return [header, ...lines]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function number(value: number): string {
  if (Number.isNaN(value)) return "–";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** One line for programs: what was measured, where and of which commit. */
export function jsonLine(question: string, all: readonly Row[]): string {
  return JSON.stringify({
    question,
    commit: commit(),
    node: process.version,
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) },
    rows: all,
  });
}

function commit(): string | undefined {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return undefined; // not a checkout
  }
}

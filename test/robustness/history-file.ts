import { readFileSync, writeFileSync } from "node:fs";
import type { Commit, FaultRecord, Final, History, Operation, WatchRecord } from "./history.ts";

interface Head {
  readonly kind: "history";
  readonly seed: number;
  readonly startRevision: number;
  readonly compactedRevision: number;
  readonly troubles: readonly string[];
  readonly wantedPods?: number;
}

type Line = Head | Operation | WatchRecord | Commit | Final | FaultRecord;

/** One JSON object per line: a head, then everything else. */
export function writeHistory(file: string, history: History): void {
  const { seed, startRevision, compactedRevision, troubles, wantedPods } = history;
  const pods = wantedPods !== undefined && { wantedPods };
  const head: Head = { kind: "history", seed, startRevision, compactedRevision, troubles, ...pods };
  const { faults, operations, watches, commits, finals } = history;
  const lines: Line[] = [head, ...faults, ...operations, ...watches, ...commits, ...finals];
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** @throws Error when the file holds something else */
export function readHistory(file: string): History {
  const lines = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const head = lines[0];
  if (head?.kind !== "history") throw new Error(`${file} holds no history`);
  const of = <K extends Line["kind"]>(kind: K) =>
    lines.filter((line): line is Extract<Line, { kind: K }> => line.kind === kind);
  return {
    seed: head.seed,
    startRevision: head.startRevision,
    compactedRevision: head.compactedRevision,
    troubles: head.troubles,
    ...(head.wantedPods !== undefined && { wantedPods: head.wantedPods }),
    operations: of("operation"),
    watches: of("watch"),
    commits: of("commit"),
    finals: of("final"),
    faults: of("fault"),
  };
}

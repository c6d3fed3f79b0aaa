import type { Target } from "./target.ts";

/** One figure of one run: `{ creates/s: 2700 }`. `better` says which way is good. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number | undefined;
  readonly better: "higher" | "lower";
}

interface Common {
  readonly name: string;
  /** One line for --help. */
  readonly help: string;
  /** Counted runs per target. Default 5. */
  readonly runs?: number;
}

/** One question to an API server, in one file. `stamp` is new for each invocation, so that names never clash. */
export interface TargetQuestion extends Common {
  readonly standalone?: false;
  /** Once per target, before the first run. */
  prepare?(target: Target, stamp: string): Promise<void>;
  /** One run; the first one of each target is a warm-up and is thrown away. */
  run(target: Target, at: { readonly stamp: string; readonly round: number }): Promise<Figure[]>;
  /** Once per target, after the last run. */
  cleanUp?(target: Target, stamp: string): Promise<void>;
}

/** A question that needs no server: it measures a part of ours, or starts planes of its own. */
export interface StandaloneQuestion extends Common {
  readonly standalone: true;
  run(): Promise<Figure[]>;
}

export type Question = TargetQuestion | StandaloneQuestion;

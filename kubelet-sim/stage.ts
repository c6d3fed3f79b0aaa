import type { Pod } from "../api/generated/types.ts";
import { unitHash } from "./hash.ts";
import type { PodTransition, TransitionName } from "./pod-transitions.ts";
import type { StatusTemplate } from "./status-template.ts";

/** What happens when a pod's turn comes. */
export type StageNext =
  | {
      readonly kind: "transition";
      readonly name: TransitionName;
      readonly transition: PodTransition;
      readonly exitCode: (pod: Pod) => number;
      readonly reason: string | undefined;
      readonly message: string | undefined;
    }
  | {
      readonly kind: "template";
      readonly statusTemplate: StatusTemplate | undefined;
      readonly event: StageEvent | undefined;
      readonly emptyFinalizers: boolean;
      readonly delete: boolean;
    };

export interface StageEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** One piece of behaviour, read from a file: which pods, after how long, what then. */
export interface Stage {
  readonly name: string;
  matches(pod: Pod): boolean;
  /** Of all stages that match, one is drawn, each as likely as its weight. All zero: all alike. */
  weight(pod: Pod): number;
  /** Milliseconds to wait from the moment the pod got into its present state; `undefined`: none given. */
  durationMs(pod: Pod, nowMs: number): number | undefined;
  /** The end of the range in which the wait lies, if it is not fixed. */
  jitterMs(pod: Pod, nowMs: number): number | undefined;
  readonly next: StageNext;
}

/** A stage whose turn will come. */
export interface PlannedStage {
  readonly stage: Stage;
  /** Wall time, milliseconds since the epoch. */
  readonly dueMs: number;
}

/**
 * The stage that comes next for this pod, if any. The same pod in the same state always gets the same answer, in this
 * process and in the next: what is random is drawn from the pod's UID and how often it has been restarted.
 * @param enteredMs - when this stage was first seen to match in this process, for stages that tell no time of their own
 */
export function planStage(
  stages: readonly Stage[],
  pod: Pod,
  options: { readonly nowMs: number; readonly enteredMs: (stage: Stage) => number },
): PlannedStage | undefined {
  const groups = new Map<string, Stage[]>();
  for (const stage of stages) {
    if (!stage.matches(pod)) continue;
    if (stage.next.kind === "transition" && !stage.next.transition.applies(pod)) continue;
    const group = stage.next.kind === "transition" ? stage.next.name : "template";
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [stage]);
    else members.push(stage);
  }
  let earliest: PlannedStage | undefined;
  for (const [group, members] of groups) {
    const stage = draw(members, pod, group);
    if (stage === undefined) continue;
    const dueMs = dueTime(stage, pod, options.nowMs, options.enteredMs(stage));
    if (earliest === undefined || dueMs < earliest.dueMs) earliest = { stage, dueMs };
  }
  return earliest;
}

function draw(stages: readonly Stage[], pod: Pod, group: string): Stage | undefined {
  if (stages.length <= 1) return stages[0];
  const weights = stages.map((stage) => Math.max(0, stage.weight(pod)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const share = (index: number) => (total === 0 ? 1 / stages.length : (weights[index] ?? 0) / total);
  let point = unitHash(`${seed(pod)} ${group}`);
  for (const [index, stage] of stages.entries()) {
    point -= share(index);
    if (point < 0) return stage;
  }
  return stages.findLast((_, index) => share(index) > 0);
}

function dueTime(stage: Stage, pod: Pod, nowMs: number, enteredMs: number): number {
  const durationMs = stage.durationMs(pod, nowMs);
  const jitterMs = stage.jitterMs(pod, nowMs);
  const dueMs = enteredMs + drawDelay(stage, pod, durationMs ?? 0, jitterMs);
  if (stage.next.kind === "template") return dueMs;
  const { earliestMs, latestMs } = stage.next.transition;
  return Math.min(Math.max(dueMs, earliestMs?.(pod) ?? 0), latestMs?.(pod) ?? Number.POSITIVE_INFINITY);
}

/** Between the two, or the jitter alone where it is the shorter: a deadline. */
function drawDelay(stage: Stage, pod: Pod, durationMs: number, jitterMs: number | undefined): number {
  if (jitterMs === undefined) return durationMs;
  if (jitterMs <= durationMs) return jitterMs;
  return durationMs + unitHash(`${seed(pod)} ${stage.name} delay`) * (jitterMs - durationMs);
}

function seed(pod: Pod): string {
  let restarts = 0;
  for (const status of pod.status?.containerStatuses ?? []) restarts += status.restartCount;
  return `${pod.metadata?.uid} ${restarts}`;
}

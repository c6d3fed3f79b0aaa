import { unitHash } from "./hash.ts";

/** One run of one container, from its start on. */
export interface ContainerRun {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  readonly image: string;
  readonly node: string;
  readonly restartCount: number;
  readonly startedMs: number;
  /** `undefined`: it runs. */
  readonly finishedMs: number | undefined;
}

export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

const introduction = 2;
/** A container that has run for long is remembered this far back. */
const maxLines = 10_000;

/** How often a container says something: every 1 to 5 seconds, by its name. */
const logIntervalMs = (run: ContainerRun) => 1000 + Math.floor(unitHash(`${run.podUid}/${run.container}`) * 4000);

/** How many lines the container has written by then. */
export function lineCount(run: ContainerRun, nowMs: number): number {
  const endMs = Math.min(nowMs, run.finishedMs ?? nowMs);
  if (endMs < run.startedMs) return 0;
  return introduction + Math.floor((endMs - run.startedMs) / logIntervalMs(run));
}

/** The line of that number, always the same. */
export function lineAt(run: ContainerRun, index: number): LogLine {
  const { namespace, pod, container, image, node, restartCount, startedMs } = run;
  if (index === 0)
    return { atMs: startedMs, text: `${container}: starting ${image} in ${namespace}/${pod} on ${node}` };
  if (index === 1) return { atMs: startedMs, text: `${container}: ready, restarted ${restartCount} times` };
  const request = index - introduction + 1;
  const milliseconds = 1 + Math.floor(unitHash(`${run.podUid}/${container}/${restartCount}/${request}`) * 99);
  const atMs = startedMs + request * logIntervalMs(run);
  return { atMs, text: `${container}: request ${request} answered in ${milliseconds} ms` };
}

export interface LineRange {
  /** Number of the first line. */
  readonly from: number;
  /** Number after the last. */
  readonly to: number;
}

/** Which lines are asked for, of those written by now. */
export function selectLines(
  run: ContainerRun,
  options: { readonly nowMs: number; readonly tailLines: number | undefined; readonly sinceMs: number | undefined },
): LineRange {
  const { nowMs, tailLines, sinceMs } = options;
  const to = lineCount(run, nowMs);
  let from = Math.max(0, to - maxLines);
  if (sinceMs !== undefined) {
    while (from < to && lineAt(run, from).atMs < sinceMs) from++;
  }
  if (tailLines !== undefined) from = Math.max(from, to - tailLines);
  return { from, to };
}

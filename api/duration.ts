const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
const days = 24 * hours;
const years = 365 * days;

/**
 * A duration as `kubectl get` shows it: `45s`, `5m30s`, `3h`, `2d4h`, `1y20d`. The smaller unit is left out when zero.
 * Up to two seconds below zero is `0s`, for clocks differ; below that `<invalid>`.
 * @see k8s.io/apimachinery v0.36.0 pkg/util/duration/duration.go
 */
export function humanDuration(durationMs: number): string {
  const ms = Math.trunc(durationMs);
  if (ms <= -2 * seconds) return "<invalid>";
  if (ms < 0) return "0s";
  if (ms < 2 * minutes) return `${Math.floor(ms / seconds)}s`;
  if (ms < 10 * minutes) return pair(ms, [minutes, "m"], [seconds, "s"]);
  if (ms < 3 * hours) return `${Math.floor(ms / minutes)}m`;
  if (ms < 8 * hours) return pair(ms, [hours, "h"], [minutes, "m"]);
  if (ms < 2 * days) return `${Math.floor(ms / hours)}h`;
  if (ms < 8 * days) return pair(ms, [days, "d"], [hours, "h"]);
  if (ms < 2 * years) return `${Math.floor(ms / days)}d`;
  if (ms < 8 * years) return pair(ms, [years, "y"], [days, "d"]);
  return `${Math.floor(ms / years)}y`;
}

type Unit = readonly [sizeMs: number, letter: string];

function pair(ms: number, [large, largeLetter]: Unit, [small, smallLetter]: Unit): string {
  const rest = Math.floor((ms % large) / small);
  const head = `${Math.floor(ms / large)}${largeLetter}`;
  return rest === 0 ? head : `${head}${rest}${smallLetter}`;
}

/** The time since `timestamp`; `<unknown>` without one. */
export function ageOf(timestamp: string | null | undefined, nowMs: number): string {
  return timestamp === undefined || timestamp === null ? "<unknown>" : humanDuration(nowMs - Date.parse(timestamp));
}

import { realClock } from "../../component-base/clock.ts";

/**
 * Asks `condition` until it answers something other than undefined or false, and returns that.
 * @throws Error naming `what` after `timeoutMs` (default 10 s), with the last error as its cause
 */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const signal = new AbortController().signal;
  const deadlineMs = realClock.monotonicMs() + (options.timeoutMs ?? 10_000);
  let last: unknown;
  while (realClock.monotonicMs() < deadlineMs) {
    try {
      const answer = await condition();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await realClock.sleep(options.everyMs ?? 50, { signal });
  }
  throw new Error(`not in time: ${what}${last instanceof Error ? ` (${last.message})` : ""}`, { cause: last });
}

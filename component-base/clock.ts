/** A pending timer; `cancel()` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Nothing in this project reads the system clock or sets a timer except through a `Clock`,
 * so that a whole control plane can run on virtual time.
 */
export interface Clock {
  /** Wall time, milliseconds since the Unix epoch. Use it for timestamps that others read. */
  now(): number;
  /** Monotonic time in milliseconds, fractions included. Use it for durations and deadlines. */
  monotonicMs(): number;
  /** Calls `callback` once, `delayMs` from now (zero or less: as soon as possible). */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Resolves after `delayMs`; rejects with `signal.reason` when aborted first. */
  sleep(delayMs: number, options: { signal: AbortSignal }): Promise<void>;
}

/** `2026-01-02T03:04:05Z`: metav1.Time on the wire, whole seconds. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}

/** `2026-01-02T03:04:05.678000Z`: metav1.MicroTime on the wire, six decimals. */
export function microTimestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 23)}000Z`;
}

/** Sleeping, written once over `setTimer`; clocks use it for their `sleep`. */
export function sleepWith(
  clock: Pick<Clock, "setTimer">,
  delayMs: number,
  options: { signal: AbortSignal },
): Promise<void> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** The machine's own clock. Its timers do not keep a process alive on their own account any longer than Node's do. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, Math.min(Math.max(delayMs, 0), 2 ** 31 - 1));
    return { cancel: () => clearTimeout(handle) };
  },
  sleep: (delayMs, options) => sleepWith(realClock, delayMs, options),
};

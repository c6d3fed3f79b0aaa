import { type Clock, sleepWith, type Timer } from "./clock.ts";

interface PendingTimer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when told to. Timers fire in order of due time, then of creation; between two timers the
 * microtask and I/O queues get a turn, so promise chains started by one timer run before the next one fires.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #sequence = 0;
  #pending: PendingTimer[] = [];

  /** @param startMs - wall time to begin at, milliseconds since the epoch; default 2026-01-01T00:00:00Z */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#elapsedMs + Math.max(delayMs, 0), sequence: this.#sequence++, callback };
    this.#pending.push(timer);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== timer);
      },
    };
  }

  sleep(delayMs: number, options: { signal: AbortSignal }): Promise<void> {
    return sleepWith(this, delayMs, options);
  }

  /** Timers that have not fired yet. */
  get pendingTimers(): number {
    return this.#pending.length;
  }

  /** Moves time on by `durationMs`, firing every timer that falls due on the way, those set meanwhile included. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#elapsedMs + durationMs;
    await settle();
    for (;;) {
      const next = this.#takeDue(endMs);
      if (next === undefined) break;
      this.#moveTo(next.dueMs);
      next.callback();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  /** The process is paused that long and goes on: timers that fell due meanwhile fire with the next `advance`, late. */
  pause(durationMs: number): void {
    this.#moveTo(this.#elapsedMs + durationMs);
  }

  /** Wall time jumps (NTP, suspend) without timers firing: monotonic time stands still. */
  jump(deltaMs: number): void {
    this.#nowMs += deltaMs;
  }

  #takeDue(endMs: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#pending) {
      if (timer.dueMs > endMs) continue;
      const earlier = next === undefined || timer.dueMs < next.dueMs;
      if (earlier || (timer.dueMs === next?.dueMs && timer.sequence < next.sequence)) next = timer;
    }
    if (next !== undefined) this.#pending = this.#pending.filter((timer) => timer !== next);
    return next;
  }

  #moveTo(elapsedMs: number): void {
    if (elapsedMs < this.#elapsedMs) return;
    this.#nowMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }
}

/** Lets promise chains and I/O callbacks that are ready run to their next wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

import type { ObjectReference } from "../api/generated/types.ts";

export type EventType = "Normal" | "Warning";

/** Says what happened to an object, for people to read. Never waits, never throws: events are best effort. */
export interface EventRecorder {
  event(regarding: ObjectReference, event: RecordedEvent): void;
  /** Sends what was recorded until the signal is aborted. Whatever is recorded before waits, up to a bound. */
  run(options: { signal: AbortSignal }): Promise<void>;
}

export interface RecordedEvent {
  readonly type: EventType;
  /** UpperCamelCase, short: `Scheduled`. */
  readonly reason: string;
  /** A sentence. */
  readonly message: string;
  /** What was done or tried; only events.k8s.io has it. */
  readonly action?: string;
  /** Another object that had a part in it; only events.k8s.io has it. */
  readonly related?: ObjectReference;
}

/** Names of events: the object's, and nanoseconds that never repeat within a process, so names sort by time. */
export class EventNames {
  #lastNanos = 0n;
  readonly #offset: bigint;

  constructor(random: () => number = Math.random) {
    this.#offset = BigInt(Math.floor(random() * 1_000_000));
  }

  next(objectName: string, nowMs: number): string {
    const nanos = BigInt(nowMs) * 1_000_000n + this.#offset;
    this.#lastNanos = nanos > this.#lastNanos ? nanos : this.#lastNanos + 1n;
    return `${objectName}.${this.#lastNanos.toString(16)}`;
  }
}

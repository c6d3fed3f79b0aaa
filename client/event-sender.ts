import { StatusError } from "../api/status.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { ConnectionError } from "./connection-error.ts";

/** One write of an event. */
export type EventWrite = (options: { signal: AbortSignal }) => Promise<void>;

export interface EventSenderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: (() => number) | undefined;
}

const maxQueued = 1000;
const maxTries = 12;
const retryMs = 10_000;

/**
 * Writes events in the background: 1000 may wait, more are dropped; a write that finds no server is tried 12 times, 10 s
 * apart; one that the server refuses is dropped.
 * @see k8s.io/client-go v0.36.0 tools/record/event.go
 */
export class EventSender {
  readonly #deps: EventSenderDeps;
  readonly #writers: number;
  readonly #queue: EventWrite[] = [];
  readonly #idle: ((write: EventWrite | undefined) => void)[] = [];
  #dropped = 0;

  constructor(options: { writers: number }, deps: EventSenderDeps) {
    this.#writers = options.writers;
    this.#deps = deps;
  }

  /** Events lost because too many were waiting. */
  get dropped(): number {
    return this.#dropped;
  }

  send(write: EventWrite): void {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      idle(write);
    } else if (this.#queue.length < maxQueued) {
      this.#queue.push(write);
    } else {
      if (this.#dropped++ === 0) this.#deps.log.warn({ queued: maxQueued }, "too many events at once; dropping some");
    }
  }

  async run(options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    const wakeAll = () => {
      for (const idle of this.#idle.splice(0)) idle(undefined);
    };
    signal.addEventListener("abort", wakeAll, { once: true });
    await Promise.all(Array.from({ length: this.#writers }, () => this.#work(signal)));
    signal.removeEventListener("abort", wakeAll);
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const write =
        this.#queue.shift() ?? (await new Promise<EventWrite | undefined>((resolve) => this.#idle.push(resolve)));
      if (write !== undefined) await this.#write(write, signal);
    }
  }

  async #write(write: EventWrite, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const random = this.#deps.random ?? Math.random;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await write({ signal });
        return;
      } catch (err) {
        if (signal.aborted) return;
        const mayPass = err instanceof ConnectionError || (err instanceof StatusError && err.code >= 500);
        if (!mayPass || attempt === maxTries) {
          // Whatever the event was about, or its namespace, is often gone by now.
          if (err instanceof StatusError && err.code < 500) log.debug({ err }, "an event was refused; dropped");
          else log.warn({ err }, "an event could not be written; dropped");
          return;
        }
        // The first wait differs from process to process, so that they do not all come back at once.
        await clock.sleep(attempt === 1 ? retryMs * random() : retryMs, { signal }).catch(() => undefined);
      }
    }
  }
}

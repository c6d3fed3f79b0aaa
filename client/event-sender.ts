import { StatusError } from "../api/status.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { ConnectionError } from "./connection-error.ts";
import { NotLeadingError } from "./not-leading-error.ts";

/** One write of an event. */
export type EventWrite = (options: { signal: AbortSignal }) => Promise<void>;

export interface EventSenderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: (() => number) | undefined;
}

const maxWriters = 8;
const maxTries = 12;
const retryMs = 10_000;

/**
 * Writes events in the background: so many may wait, more are dropped; a write that finds no server is tried 12 times, 10 s
 * apart; one that the server refuses is dropped. Nobody waits for an event, so that they are written one at a time, in order;
 * only as the queue fills up are there more writers, so that none is lost.
 * @see k8s.io/client-go v0.36.0 tools/record/event.go
 */
export class EventSender {
  readonly #deps: EventSenderDeps;
  readonly #maxQueued: number;
  #queue: EventWrite[] = [];
  /** Of the queue that has been taken already. */
  #head = 0;
  #writing = 0;
  #retrying = 0;
  #dropped = 0;
  #running: { readonly signal: AbortSignal; readonly ended: () => void } | undefined;

  /** @param options - `maxQueued`: default 1000 */
  constructor(options: { maxQueued?: number | undefined }, deps: EventSenderDeps) {
    this.#maxQueued = options.maxQueued ?? 1000;
    this.#deps = deps;
  }

  /** Events lost because too many were waiting. */
  get dropped(): number {
    return this.#dropped;
  }

  get #queued(): number {
    return this.#queue.length - this.#head;
  }

  send(write: EventWrite): void {
    if (this.#queued < this.#maxQueued) {
      this.#queue.push(write);
      this.#start();
    } else if (this.#dropped++ === 0) {
      this.#deps.log.warn({ queued: this.#maxQueued }, "too many events at once; dropping some");
    }
  }

  /** Writes until the signal is aborted; then waits for what is under way. */
  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#running = { signal, ended: resolve };
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", () => this.#endIfIdle(), { once: true });
      this.#start();
    });
    this.#running = undefined;
  }

  /** How many may write now. Those that wait for a server leave their place to others, so that one failure stops nobody. */
  get #writers(): number {
    const filled = Math.floor((maxWriters * this.#queued) / this.#maxQueued);
    return Math.min(1 + filled, maxWriters - this.#retrying);
  }

  #start(): void {
    if (this.#running === undefined) return;
    const { signal } = this.#running;
    while (!signal.aborted && this.#writing < this.#writers) {
      const write = this.#take();
      if (write === undefined) return;
      this.#writing++;
      void this.#write(write, signal).finally(() => {
        this.#writing--;
        this.#start();
        this.#endIfIdle();
      });
    }
  }

  #take(): EventWrite | undefined {
    const write = this.#queue[this.#head];
    if (write === undefined) return undefined;
    this.#head++;
    if (this.#head >= 256 && this.#head * 2 >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return write;
  }

  #endIfIdle(): void {
    if (this.#running?.signal.aborted === true && this.#writing + this.#retrying === 0) this.#running.ended();
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
          // Whatever the event was about, or its namespace, is often gone by now; or another speaks for all of us.
          const isUsual = err instanceof NotLeadingError || (err instanceof StatusError && err.code < 500);
          if (isUsual) log.debug({ err }, "an event was refused; dropped");
          else log.warn({ err }, "an event could not be written; dropped");
          return;
        }
        // The first wait differs from process to process, so that they do not all come back at once.
        await this.#rest(attempt === 1 ? retryMs * random() : retryMs, { clock, signal });
      }
    }
  }

  async #rest(delayMs: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
    this.#writing--;
    this.#retrying++;
    this.#start();
    await clock.sleep(delayMs, { signal }).catch(() => undefined);
    this.#retrying--;
    this.#writing++;
  }
}

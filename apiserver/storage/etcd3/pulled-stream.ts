import type { Clock } from "../../../component-base/clock.ts";
import { GRPC, GrpcError } from "./grpc-errors.ts";
import type { CallStream, Transport } from "./transport.ts";

/** So many messages may wait; etcd's pieces of a snapshot are 32 KiB each, or 64. */
const MAX_WAITING = 8;

/**
 * The answers of a call with one request, read as fast as somebody takes them: a few wait here, a few more in the transport,
 * and then etcd is made to wait.
 */
export class PulledStream implements AsyncIterable<Buffer> {
  readonly #clock: Pick<Clock, "setTimer">;
  readonly #stallMs: number;
  readonly #signal: AbortSignal;
  readonly #stream: CallStream;
  readonly #waiting: Buffer[] = [];
  #paused = false;
  #end: { readonly failure: unknown } | undefined;
  #wake: () => void = () => undefined;
  readonly #onAbort = () => this.#finish(this.#signal.reason);

  /** @param options.stallMs - how long the next message may take before the call is given up */
  constructor(
    transport: Transport,
    path: string,
    options: { request: Buffer; stallMs: number; clock: Pick<Clock, "setTimer">; signal: AbortSignal },
  ) {
    const { request, stallMs, clock, signal } = options;
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#signal = signal;
    const handlers = {
      message: (payload: Buffer) => this.#take(payload),
      end: (error: Error | undefined) => this.#finish(error),
    };
    this.#stream = transport.stream(path, handlers, { signal, requireLeader: false });
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
    this.#stream.send(request);
    this.#stream.finish();
  }

  /** To be iterated once. @throws GrpcError, the signal's reason */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const payload = this.#waiting.shift();
        if (payload !== undefined) yield payload;
        else if (this.#end === undefined) await this.#next();
        else if (this.#end.failure === undefined) return;
        else throw this.#end.failure;
      }
    } finally {
      this.#signal.removeEventListener("abort", this.#onAbort);
      this.#stream.cancel();
    }
  }

  async #next(): Promise<void> {
    const stalled = `nothing came for ${this.#stallMs / 1000} s`;
    const timer = this.#clock.setTimer(this.#stallMs, () => {
      this.#finish(new GrpcError(GRPC.deadlineExceeded, stalled, { sent: true }));
    });
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#paused) {
      this.#paused = false;
      this.#stream.resume();
    }
    await woken;
    timer.cancel();
  }

  #take(payload: Buffer): void {
    this.#waiting.push(payload);
    if (this.#waiting.length >= MAX_WAITING && !this.#paused) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#wake();
  }

  #finish(failure: unknown): void {
    this.#end ??= { failure };
    this.#wake();
  }
}

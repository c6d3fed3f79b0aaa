import type { CallOptions, CallStream, StreamHandlers, StreamOptions, Transport } from "./transport.ts";

/** Calls on one connection, streams on another, so that a burst of events does not delay an answer. */
export class SplitTransport implements Transport {
  readonly #calls: Transport;
  readonly #streams: Transport;

  constructor(options: { calls: Transport; streams: Transport }) {
    this.#calls = options.calls;
    this.#streams = options.streams;
  }

  unary(path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    return this.#calls.unary(path, request, options);
  }

  stream(path: string, handlers: StreamHandlers, options: StreamOptions): CallStream {
    return this.#streams.stream(path, handlers, options);
  }

  close(): void {
    this.#calls.close();
    this.#streams.close();
  }
}

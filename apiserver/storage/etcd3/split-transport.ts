import type { CallOptions, CallStream, StreamHandlers, StreamOptions, Transport } from "./transport.ts";

/** The calls of the hot path on one transport, streams and rare calls on another. */
export class SplitTransport implements Transport {
  readonly #kv: Transport;
  readonly #rest: Transport;

  constructor(options: { kv: Transport; rest: Transport }) {
    this.#kv = options.kv;
    this.#rest = options.rest;
  }

  unary(path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    const transport = path.startsWith("/etcdserverpb.KV/") ? this.#kv : this.#rest;
    return transport.unary(path, request, options);
  }

  stream(path: string, handlers: StreamHandlers, options: StreamOptions): CallStream {
    return this.#rest.stream(path, handlers, options);
  }

  close(): void {
    this.#kv.close();
    this.#rest.close();
  }
}

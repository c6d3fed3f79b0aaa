import { createSecureContext } from "node:tls";
import { type Dispatcher, Pool } from "undici";
import { AbortListeners } from "./abort-listeners.ts";
import { ConnectionError, toConnectionError } from "./connection-error.ts";
import { gatedConnector } from "./gated-connector.ts";
import type { ClientConfig } from "./kubeconfig.ts";

export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Called at the last moment, when a connection is there and nothing has been written: what it throws is thrown, and nothing is sent. */
  readonly beforeSend?: () => void;
}

export interface HttpResponse {
  readonly statusCode: number;
  /** Seconds, if the server said so. */
  readonly retryAfterSeconds: number | undefined;
  readonly body: Buffer;
}

/** A response whose body is read piece by piece; leaving the iteration drops the connection. */
export interface HttpStream {
  readonly statusCode: number;
  readonly retryAfterSeconds: number | undefined;
  readonly body: AsyncIterableIterator<Buffer>;
}

/**
 * HTTP/1.1 over kept-alive TLS connections. Streams have connections of their own, so watches never wait for calls nor
 * calls for watches. Time-outs here are those of sockets, on real time.
 */
export interface Transport {
  /** @throws ConnectionError when no answer came; the signal's reason when aborted */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Resolves with the headers. @throws as `request` */
  stream(request: HttpRequest): Promise<HttpStream>;
  close(): Promise<void>;
}

export interface TransportOptions {
  /** Calls in flight at once; further ones wait their turn. Default 16. */
  readonly connections?: number;
  /** Default 60 s. */
  readonly callTimeoutMs?: number;
}

const handshakesAtOnce = 4;

/** Opens no connection until the first call. */
export function createTransport(config: ClientConfig, options: TransportOptions = {}): Transport {
  const connect = gatedConnector(tlsOptions(config), handshakesAtOnce);
  const callTimeoutMs = options.callTimeoutMs ?? 60_000;
  const aborts = new AbortListeners();
  const calls = new Pool(config.server, {
    connect,
    connections: options.connections ?? 16,
    pipelining: 1,
    headersTimeout: callTimeoutMs,
    bodyTimeout: callTimeoutMs,
    keepAliveTimeout: 60_000,
  });
  const streams = new Pool(config.server, {
    connect,
    connections: null,
    pipelining: 1,
    headersTimeout: callTimeoutMs,
    bodyTimeout: 0,
    keepAliveTimeout: 1_000,
  });
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal.aborted) reject(request.signal.reason);
        else calls.dispatch(dispatchOptions(request), collect(request, aborts, resolve, reject));
      }),
    stream: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal.aborted) reject(request.signal.reason);
        else streams.dispatch(dispatchOptions(request), new BodyStream(request, aborts, resolve, reject));
      }),
    async close() {
      const reason = new ConnectionError("closed", "the client has been closed");
      await Promise.all([calls.destroy(reason), streams.destroy(reason)]);
    },
  };
}

/** Certificates and key are read once, not for every connection. */
function tlsOptions(config: ClientConfig) {
  const { ca, cert, key } = config;
  const secureContext = createSecureContext({
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
  return {
    secureContext,
    ...(config.tlsServerName !== undefined && { servername: config.tlsServerName }),
    rejectUnauthorized: config.insecureSkipTlsVerify !== true,
    timeout: 10_000,
  };
}

function dispatchOptions(request: HttpRequest): Dispatcher.DispatchOptions {
  return {
    method: request.method,
    path: request.path,
    headers: request.headers,
    body: request.body ?? null,
    // A DELETE with a body would otherwise cost its connection.
    reset: false,
  };
}

function collect(
  request: HttpRequest,
  aborts: AbortListeners,
  resolve: (response: HttpResponse) => void,
  reject: (reason: unknown) => void,
): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let statusCode = 0;
  let retryAfterSeconds: number | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  let heldBack: { readonly error: unknown } | undefined;
  // A call may wait long for a connection; whoever gives it up is told at once.
  const abort = () => {
    const reason = request.signal.reason;
    if (controller === undefined) reject(reason);
    else controller.abort(asError(reason));
  };
  aborts.add(request.signal, abort);
  const settle = () => aborts.remove(request.signal, abort);
  return {
    onRequestStart(started) {
      controller = started;
      if (request.signal.aborted) return abort();
      try {
        request.beforeSend?.();
      } catch (error) {
        heldBack = { error };
        throw error;
      }
    },
    onResponseStart(_controller, code, headers) {
      statusCode = code;
      retryAfterSeconds = parseRetryAfter(headers["retry-after"]);
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      settle();
      const [only] = chunks;
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      resolve({ statusCode, retryAfterSeconds, body });
    },
    onResponseError(_controller, error) {
      settle();
      reject(heldBack === undefined ? failureOf(error, request) : heldBack.error);
    },
  };
}

/** Hands chunks to one reader; the socket is paused while the reader is behind. */
class BodyStream implements Dispatcher.DispatchHandler, AsyncIterableIterator<Buffer> {
  readonly #request: HttpRequest;
  readonly #aborts: AbortListeners;
  readonly #opened: (stream: HttpStream) => void;
  readonly #refused: (reason: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Buffer[] = [];
  #waiting: { resolve: (result: IteratorResult<Buffer>) => void; reject: (reason: unknown) => void } | undefined;
  #end: { readonly error?: unknown } | undefined;
  readonly #abort = () => {
    const reason = this.#request.signal.reason;
    if (this.#controller === undefined) this.#refused(reason);
    else this.#controller.abort(asError(reason));
  };

  constructor(
    request: HttpRequest,
    aborts: AbortListeners,
    opened: (stream: HttpStream) => void,
    refused: (reason: unknown) => void,
  ) {
    this.#request = request;
    this.#aborts = aborts;
    this.#opened = opened;
    this.#refused = refused;
    aborts.add(request.signal, this.#abort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#request.signal.aborted) this.#abort();
  }

  onResponseStart(
    _controller: unknown,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#opened({ statusCode, retryAfterSeconds: parseRetryAfter(headers["retry-after"]), body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: chunk });
      return;
    }
    this.#chunks.push(chunk);
    controller.pause();
  }

  onResponseEnd(): void {
    this.#finish({});
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#finish({ error: failureOf(error, this.#request) });
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#aborts.remove(this.#request.signal, this.#abort);
    this.#end ??= end;
    if ("error" in end) this.#refused(end.error);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    if ("error" in end) waiting.reject(end.error);
    else waiting.resolve({ done: true, value: undefined });
  }

  async next(): Promise<IteratorResult<Buffer>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return { done: false, value: chunk };
    if (this.#end !== undefined) {
      if (this.#end.error !== undefined) throw this.#end.error;
      return { done: true, value: undefined };
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#controller?.resume();
    });
  }

  async return(): Promise<IteratorResult<Buffer>> {
    this.#chunks = [];
    if (this.#end === undefined) {
      this.#end = {};
      this.#controller?.abort(new Error("the reader has left"));
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return this;
  }
}

function failureOf(error: unknown, request: HttpRequest): unknown {
  if (request.signal.aborted) return request.signal.reason;
  if (error instanceof ConnectionError) return error;
  return toConnectionError(error, `${request.method} ${request.path}`);
}

const asError = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)));

function parseRetryAfter(value: string | string[] | undefined): number | undefined {
  if (typeof value !== "string") return undefined;
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

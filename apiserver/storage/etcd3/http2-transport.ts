import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Clock, Timer } from "../../../component-base/clock.ts";
import { GRPC, GrpcError } from "./grpc-errors.ts";
import { writeFrameHeader } from "./protobuf.ts";
import { SessionWatchdog } from "./session-watchdog.ts";
import {
  type CallOptions,
  type CallStream,
  MAX_MESSAGE_BYTES,
  type StreamHandlers,
  type TlsMaterial,
  type Transport,
} from "./transport.ts";

const FRAME_HEADER_BYTES = 5;
/** Upstream's dial timeout is 20 s; loopback and LAN need less. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a call waits for an etcd that refuses connections. */
const CONNECT_PATIENCE_MS = 2_000;
const CONNECT_RETRY_MS = 50;
const PING_INTERVAL_MS = 30_000;
const PING_TIMEOUT_MS = 10_000;
/** Flow control is not to slow down a list page or a burst of events. */
const WINDOW_BYTES = 16 << 20;

/**
 * gRPC on one bare HTTP/2 session: about half of grpc-js's cost per call. Goes to the next endpoint when a session ends
 * or cannot be made; a call that was not sent yet is sent there instead.
 */
export class Http2Transport implements Transport {
  readonly #endpoints: readonly string[];
  readonly #tls: TlsMaterial | undefined;
  readonly #clock: Clock;
  #endpoint = 0;
  #session: ClientHttp2Session | undefined;
  readonly #watchdogs = new WeakMap<ClientHttp2Session, SessionWatchdog>();
  #connecting: Promise<ClientHttp2Session> | undefined;
  #pingTimer: Timer | undefined;
  #closed = false;

  constructor(options: { endpoints: readonly string[]; tls?: TlsMaterial | undefined; clock: Clock }) {
    this.#endpoints = options.endpoints;
    this.#tls = options.tls;
    this.#clock = options.clock;
  }

  async unary(path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    options.signal.throwIfAborted();
    const session = this.#usable() ?? (await this.#patientConnect(options));
    return await this.#call(session, path, request, options);
  }

  stream(path: string, handlers: StreamHandlers, options: { signal: AbortSignal }): CallStream {
    const unsent: Buffer[] = [];
    let finished = false;
    let open: ClientHttp2Stream | undefined;
    let over = false;
    const finish = (error: Error | undefined) => {
      if (over) return;
      over = true;
      options.signal.removeEventListener("abort", cancel);
      if (isUnavailable(error)) this.#rotate(this.#session);
      handlers.end(error);
    };
    const cancel = () => {
      if (over) return;
      over = true;
      options.signal.removeEventListener("abort", cancel);
      open?.close(constants.NGHTTP2_CANCEL);
    };
    options.signal.addEventListener("abort", cancel, { once: true });
    const begin = (session: ClientHttp2Session) => {
      if (over) return;
      try {
        open = request(session, path);
      } catch (error) {
        queueMicrotask(() => finish(asError(error)));
        return;
      }
      receive(open, (payload) => over || handlers.message(payload), finish);
      for (const payload of unsent) open.write(frame(payload));
      if (finished) open.end();
    };
    const usable = this.#usable();
    if (usable !== undefined) begin(usable);
    else this.#connect(options.signal).then(begin, finish);
    return {
      send: (payload) => {
        if (open === undefined) unsent.push(payload);
        else open.write(frame(payload));
      },
      finish: () => {
        finished = true;
        open?.end();
      },
      pause: () => open?.pause(),
      resume: () => open?.resume(),
      cancel,
    };
  }

  close(): void {
    this.#closed = true;
    this.#pingTimer?.cancel();
    this.#session?.destroy();
    this.#session = undefined;
  }

  #usable(): ClientHttp2Session | undefined {
    const session = this.#session;
    return session === undefined || session.destroyed || session.closed ? undefined : session;
  }

  #call(session: ClientHttp2Session, path: string, payload: Buffer, options: CallOptions): Promise<Buffer> {
    const { signal, timeoutMs } = options;
    return new Promise((resolve, reject) => {
      const stream = request(session, path);
      const watchdog = this.#watchdogs.get(session);
      watchdog?.callSent();
      let answer: Buffer | undefined;
      const timer = this.#clock.setTimer(timeoutMs, () => {
        settle(new GrpcError(GRPC.deadlineExceeded, "context deadline exceeded", { sent: true }));
        stream.close(constants.NGHTTP2_CANCEL);
        this.#rotate(session);
      });
      const onAbort = () => {
        settle(new GrpcError(GRPC.cancelled, "context canceled", { sent: true, cause: signal.reason }));
        stream.close(constants.NGHTTP2_CANCEL);
      };
      const settle = (error: Error | undefined) => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        if (isUnavailable(error)) this.#rotate(session);
        if (error !== undefined) reject(error);
        else if (answer === undefined) reject(new GrpcError(GRPC.internal, "no message", { sent: true }));
        else resolve(answer);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      receive(
        stream,
        (received) => {
          answer = received;
        },
        (error) => {
          watchdog?.callEnded();
          settle(error);
        },
      );
      stream.end(frame(payload));
    });
  }

  /** An etcd that is being started again is worth a moment's wait: nothing has been sent yet. */
  async #patientConnect(options: CallOptions): Promise<ClientHttp2Session> {
    const { signal, timeoutMs } = options;
    const deadlineMs = this.#clock.monotonicMs() + Math.min(timeoutMs, CONNECT_PATIENCE_MS);
    for (;;) {
      try {
        return await this.#connect(signal);
      } catch (error) {
        const over = this.#closed || signal.aborted || this.#clock.monotonicMs() >= deadlineMs;
        if (over) throw error;
      }
      await this.#clock.sleep(CONNECT_RETRY_MS, { signal });
    }
  }

  #connect(signal: AbortSignal): Promise<ClientHttp2Session> {
    this.#connecting ??= this.#connectAny().finally(() => {
      this.#connecting = undefined;
    });
    return abortable(this.#connecting, signal);
  }

  async #connectAny(): Promise<ClientHttp2Session> {
    let failure: unknown;
    for (let tried = 0; tried < this.#endpoints.length; tried++) {
      const endpoint = this.#endpoints[this.#endpoint % this.#endpoints.length] ?? "";
      try {
        const session = await this.#connectTo(endpoint);
        if (this.#closed) {
          session.destroy();
          break;
        }
        this.#adopt(session);
        return session;
      } catch (error) {
        failure = error;
        this.#endpoint++;
      }
    }
    const detail = this.#closed ? "client closed" : `no endpoint answers: ${String(failure)}`;
    throw new GrpcError(GRPC.unavailable, detail, { sent: false, cause: failure });
  }

  #connectTo(endpoint: string): Promise<ClientHttp2Session> {
    return new Promise((resolve, reject) => {
      const session = connect(endpoint, {
        ...(this.#tls ?? {}),
        settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
        maxSessionMemory: 1024,
      });
      const timer = this.#clock.setTimer(CONNECT_TIMEOUT_MS, () => session.destroy(new Error("connect timed out")));
      session.once("error", (error) => {
        timer.cancel();
        reject(error);
      });
      session.once("close", () => {
        timer.cancel();
        reject(new Error("connection closed"));
      });
      session.once("remoteSettings", () => {
        timer.cancel();
        session.setLocalWindowSize(WINDOW_BYTES);
        resolve(session);
      });
    });
  }

  #adopt(session: ClientHttp2Session): void {
    this.#session = session;
    this.#watchdogs.set(session, new SessionWatchdog(session, this.#clock));
    const forget = () => {
      if (this.#session !== session) return;
      this.#session = undefined;
      this.#pingTimer?.cancel();
    };
    session.on("error", forget);
    session.on("goaway", forget);
    session.on("close", forget);
    this.#keepAlive(session);
  }

  /** Finds out about a peer that is gone without having said so. */
  #keepAlive(session: ClientHttp2Session): void {
    this.#pingTimer = this.#clock.setTimer(PING_INTERVAL_MS, () => {
      const late = this.#clock.setTimer(PING_TIMEOUT_MS, () => session.destroy(new Error("no answer to a ping")));
      session.ping(() => {
        late.cancel();
        if (this.#session === session) this.#keepAlive(session);
      });
    });
  }

  /** A member that is cut off or hangs is left for the next one; the old session ends when its calls have. */
  #rotate(session: ClientHttp2Session | undefined): void {
    if (this.#endpoints.length < 2 || session === undefined || this.#session !== session) return;
    this.#endpoint++;
    this.#session = undefined;
    this.#pingTimer?.cancel();
    session.close();
  }
}

/** @throws GrpcError, unsent, when the session has ended meanwhile */
function request(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  try {
    return session.request(requestHeaders(path), { endStream: false });
  } catch (cause) {
    throw new GrpcError(GRPC.unavailable, "connection lost", { sent: false, cause });
  }
}

function isUnavailable(error: Error | undefined): boolean {
  return error instanceof GrpcError && error.code === GRPC.unavailable;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function requestHeaders(path: string) {
  return {
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    hasleader: "true",
  };
}

function frame(payload: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(framed, payload.length);
  framed.set(payload, FRAME_HEADER_BYTES);
  return framed;
}

/** Cuts the stream into messages and reads the status from the trailers. `end` is called once. */
function receive(
  stream: ClientHttp2Stream,
  onMessage: (payload: Buffer) => void,
  end: (error: Error | undefined) => void,
): void {
  let status: GrpcError | "ok" | undefined;
  let failure: unknown;
  const cutter = new FrameCutter(onMessage);
  const readStatus = (headers: Record<string, unknown>) => {
    const code = headers["grpc-status"];
    if (code === undefined) return;
    const text = headers["grpc-message"];
    const detail = typeof text === "string" ? decodeURIComponent(text) : "";
    status = Number(code) === GRPC.ok ? "ok" : new GrpcError(Number(code), detail, { sent: true });
  };
  stream.on("response", readStatus);
  stream.on("trailers", readStatus);
  stream.on("data", (chunk: Buffer) => {
    try {
      cutter.push(chunk);
    } catch (error) {
      stream.destroy(asError(error));
    }
  });
  stream.on("error", (error) => {
    failure = error;
  });
  stream.on("close", () => {
    if (status === "ok") end(undefined);
    else if (status !== undefined) end(status);
    else end(new GrpcError(GRPC.unavailable, "connection lost", { sent: true, cause: failure }));
  });
}

/** Puts messages together from chunks; copies only those that span chunks. */
class FrameCutter {
  readonly #onMessage: (payload: Buffer) => void;
  #parts: Buffer[] = [];
  #have = 0;

  constructor(onMessage: (payload: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    for (;;) {
      if (this.#have < FRAME_HEADER_BYTES) return;
      let head = this.#parts[0] ?? chunk;
      if (head.length < FRAME_HEADER_BYTES) head = this.#join();
      const length = head.readUInt32BE(1);
      if (length > MAX_MESSAGE_BYTES) throw new RangeError("message too long");
      const total = FRAME_HEADER_BYTES + length;
      if (this.#have < total) return;
      if (head.length < total) head = this.#join();
      this.#have -= total;
      if (head.length === total) this.#parts.shift();
      else this.#parts[0] = head.subarray(total);
      this.#onMessage(head.subarray(FRAME_HEADER_BYTES, total));
    }
  }

  #join(): Buffer {
    const joined = Buffer.concat(this.#parts, this.#have);
    this.#parts = [joined];
    return joined;
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () =>
      reject(new GrpcError(GRPC.cancelled, "context canceled", { sent: false, cause: signal.reason }));
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

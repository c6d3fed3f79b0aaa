import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Clock, Timer } from "../../../component-base/clock.ts";
import { GRPC, GrpcError } from "./grpc-errors.ts";
import { frame, receive } from "./grpc-frames.ts";
import { SessionWatchdog, type WatchdogTimes } from "./session-watchdog.ts";
import type { CallOptions, CallStream, SlowCall, StreamHandlers, TlsMaterial } from "./transport.ts";

/** Flow control is not to slow down a list page or a burst of events. */
const WINDOW_BYTES = 16 << 20;
const TCP_KEEP_ALIVE_MS = 30_000;
/** Answered by the member from what it knows, leader or not. */
const SIGN_OF_LIFE = "/etcdserverpb.Maintenance/Status";
/** So many times its delay a timer may take before the process counts as starved. */
const OWN_DELAY = 1.5;
const NO_BYTES = Buffer.alloc(0);

export interface SessionOptions {
  readonly tls: TlsMaterial | undefined;
  readonly clock: Clock;
  readonly times: WatchdogTimes;
  readonly connectTimeoutMs: number;
  /** Calls that have waited this long for their answer are slow. */
  readonly slowMs: number;
  /** A call has become slow. */
  readonly onSlow: (session: EtcdSession) => void;
}

/** gRPC on one bare HTTP/2 connection to one endpoint: about half of grpc-js's cost per call. */
export class EtcdSession {
  readonly endpoint: string;
  readonly #http2: ClientHttp2Session;
  readonly #clock: Clock;
  readonly #options: SessionOptions;
  readonly #watchdog: SessionWatchdog;
  readonly #callEvents = {
    onSlow: () => this.#options.onSlow(this),
    onEnd: () => {
      this.#waitingCalls--;
    },
  };
  #waitingCalls = 0;
  #openStreams = 0;
  #usable = true;

  /** @throws Error when the endpoint cannot be reached in time */
  static connect(endpoint: string, options: SessionOptions): Promise<EtcdSession> {
    return new Promise((resolve, reject) => {
      const session = connect(endpoint, {
        ...(options.tls ?? {}),
        settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
        maxSessionMemory: 1024,
      });
      const timer = options.clock.setTimer(options.connectTimeoutMs, () =>
        session.destroy(new Error(`no connection to ${endpoint} in time`)),
      );
      session.once("error", (error) => {
        timer.cancel();
        reject(error);
      });
      session.once("close", () => {
        timer.cancel();
        reject(new Error("connection closed"));
      });
      session.once("connect", (_session, socket) => socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS));
      session.once("remoteSettings", () => {
        timer.cancel();
        session.setLocalWindowSize(WINDOW_BYTES);
        resolve(new EtcdSession(endpoint, session, options));
      });
    });
  }

  private constructor(endpoint: string, session: ClientHttp2Session, options: SessionOptions) {
    this.endpoint = endpoint;
    this.#http2 = session;
    this.#clock = options.clock;
    this.#options = options;
    this.#watchdog = new SessionWatchdog(
      {
        bytesRead: () => (session.destroyed ? 0 : session.socket.bytesRead),
        waitingCalls: () => this.#waitingCalls,
        openStreams: () => this.#openStreams,
        provoke: () => this.#provoke(),
        destroy: (error) => session.destroy(error),
      },
      options,
    );
    const over = () => {
      this.#usable = false;
    };
    session.on("error", over);
    session.on("goaway", over);
    session.once("close", () => {
      over();
      this.#watchdog.end();
    });
  }

  /** Whether it takes calls. */
  get usable(): boolean {
    return this.#usable && !this.#http2.closed && !this.#http2.destroyed;
  }

  /** @throws GrpcError */
  unary(path: string, payload: Buffer, options: CallOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#request(path);
      this.#waitingCalls++;
      this.#watchdog.inUse();
      const { clock, slowMs } = this.#options;
      const call = new UnaryCall({ stream, options, clock, slowMs, resolve, reject, ...this.#callEvents });
      receive(stream, call);
      stream.end(frame(payload));
    });
  }

  /** @throws GrpcError, unsent, when the session has ended meanwhile */
  stream(path: string, handlers: StreamHandlers): CallStream {
    const stream = this.#request(path);
    this.#openStreams++;
    this.#watchdog.inUse();
    let over = false;
    receive(stream, {
      message: (payload) => over || handlers.message(payload),
      end: (error) => {
        this.#openStreams--;
        if (over) return;
        over = true;
        handlers.end(error);
      },
    });
    return {
      send: (payload) => stream.write(frame(payload)),
      finish: () => stream.end(),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      cancel: () => {
        over = true;
        stream.close(constants.NGHTTP2_CANCEL);
      },
    };
  }

  /** Takes no more calls, and ends when those that are under way have. */
  close(): void {
    this.#usable = false;
    if (!this.#http2.destroyed) this.#http2.close();
  }

  destroy(): void {
    this.#usable = false;
    this.#http2.destroy();
  }

  #provoke(): void {
    if (!this.usable) return;
    const stream = this.#request(SIGN_OF_LIFE);
    receive(stream, { message: () => undefined, end: () => undefined });
    stream.end(frame(NO_BYTES));
    const timer = this.#clock.setTimer(this.#options.times.answerMs, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.once("close", () => timer.cancel());
  }

  #request(path: string): ClientHttp2Stream {
    try {
      return this.#http2.request(headersOf(path), { endStream: false });
    } catch (cause) {
      throw new GrpcError(GRPC.unavailable, "connection lost", { sent: false, cause });
    }
  }
}

interface UnaryCallOptions {
  readonly stream: ClientHttp2Stream;
  readonly options: CallOptions;
  readonly clock: Clock;
  readonly slowMs: number;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (reason: unknown) => void;
  /** Its answer is late. */
  readonly onSlow: () => void;
  /** Its stream has been closed. */
  readonly onEnd: () => void;
}

/** One call that waits for its answer. An object, because closures for every turn it may take would cost more. */
class UnaryCall implements SlowCall, StreamHandlers {
  readonly #with: UnaryCallOptions;
  readonly #sentMs: number;
  readonly #onTimer = () => this.#timerFired();
  #timer: Timer;
  #answer: Buffer | undefined;
  #settled = false;
  #wasSlow = false;
  #excused = false;

  constructor(options: UnaryCallOptions) {
    this.#with = options;
    const { clock, slowMs } = options;
    const { signal, timeoutMs } = options.options;
    this.#sentMs = clock.monotonicMs();
    this.#wasSlow = timeoutMs <= slowMs;
    this.#timer = clock.setTimer(Math.min(timeoutMs, slowMs), this.#onTimer);
    signal.addEventListener("abort", this, { once: true });
  }

  message(payload: Buffer): void {
    this.#answer = payload;
  }

  end(error: Error | undefined): void {
    this.#with.onEnd();
    this.#settle(error);
  }

  /** The signal was aborted. */
  handleEvent(): void {
    const cause: unknown = this.#with.options.signal.reason;
    this.giveUp(new GrpcError(GRPC.cancelled, "context canceled", { sent: true, cause }));
  }

  isOver(): boolean {
    return this.#settled;
  }

  giveUp(reason: unknown): void {
    this.#settle(reason);
    this.#with.stream.close(constants.NGHTTP2_CANCEL);
  }

  #timerFired(): void {
    if (this.#wasSlow) {
      this.giveUp(new GrpcError(GRPC.deadlineExceeded, "context deadline exceeded", { sent: true }));
      return;
    }
    const { clock, options, slowMs, onSlow } = this.#with;
    const elapsedMs = clock.monotonicMs() - this.#sentMs;
    // A timer that is late itself tells of a process that was kept from running, not of etcd.
    if (!this.#excused && elapsedMs > OWN_DELAY * slowMs && elapsedMs + slowMs < options.timeoutMs) {
      this.#excused = true;
      this.#timer = clock.setTimer(slowMs, this.#onTimer);
      return;
    }
    this.#wasSlow = true;
    this.#timer = clock.setTimer(options.timeoutMs - elapsedMs, this.#onTimer);
    // After a long turn of our own the answer may be there and only not read yet.
    setImmediate(() => {
      if (this.#settled) return;
      onSlow();
      options.onSlow?.(this);
    });
  }

  #settle(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#timer.cancel();
    const { options, resolve, reject } = this.#with;
    options.signal.removeEventListener("abort", this);
    if (error !== undefined) reject(error);
    else if (this.#answer === undefined) reject(new GrpcError(GRPC.internal, "no message", { sent: true }));
    else resolve(this.#answer);
  }
}

/** A member that knows of no leader refuses at once then, instead of letting the call wait. */
function headersOf(path: string) {
  return {
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    hasleader: "true",
  };
}

import type { Clock } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import { EndpointLink, firstServing, SERVING_PROBE } from "./endpoint-race.ts";
import type { EtcdSession, SessionOptions } from "./etcd-session.ts";
import { GRPC, GrpcError, mayGoElsewhere, writeHadNoEffect } from "./grpc-errors.ts";
import type {
  CallOptions,
  CallStream,
  SlowCall,
  StreamHandlers,
  StreamOptions,
  TlsMaterial,
  Transport,
} from "./transport.ts";

/** Upstream's dial timeout is 20 s; loopback and LAN need less. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a call that has not been sent waits for a member that serves: an election with etcd's default times, and more. */
const PATIENCE_MS = 3_000;
/** A call without an answer for so long makes its member prove that it serves … */
const SLOW_MS = 500;
/** … within this time, before all are asked; there is no hurry where there is only one. */
const PROOF_MS = { alone: 1_000, several: 400 };
/** A search that lasts longer is worth a line in the log. */
const NEWS_MS = 2_000;
/** Between two attempts of one call. */
const REPEAT_PAUSE_MS = 20;
/** Where there are other members to go to, less time is given to a silent one. */
const WATCHDOG_TIMES = {
  alone: { silenceMs: 1_000, idleSilenceMs: 5_000, answerMs: 2_000 },
  several: { silenceMs: 500, idleSilenceMs: 1_000, answerMs: 1_000 },
};

interface Search {
  readonly found: Promise<EtcdSession>;
  /** What the endpoints said last. */
  failure: unknown;
}

/**
 * gRPC over node:http2 to one of several endpoints: the one that answered a linearizable read first. When its connection
 * ends, when it says that it has no leader, or when a call is slow and it cannot prove that it serves, all endpoints are
 * asked again, calls wait meanwhile, and go on with the first that answers. Calls that cannot have had an effect, and
 * repeatable ones, are sent anew there; what became of the others is their callers' to find out.
 */
export class Http2Transport implements Transport {
  readonly #links: readonly EndpointLink[];
  readonly #clock: Clock;
  readonly #log: Logger | undefined;
  readonly #closing = new AbortController();
  #current: EtcdSession | undefined;
  #search: Search | undefined;
  /** The session that is being asked to prove itself, and whether it could. */
  #doubted: { readonly session: EtcdSession; readonly serves: Promise<boolean> } | undefined;

  /** @param options - `log`: where to say that no endpoint serves, and that one does again */
  constructor(options: { endpoints: readonly string[]; tls?: TlsMaterial | undefined; clock: Clock; log?: Logger }) {
    const { endpoints, tls, clock } = options;
    this.#clock = clock;
    this.#log = options.log;
    const sessionOptions: SessionOptions = {
      tls,
      clock,
      times: endpoints.length > 1 ? WATCHDOG_TIMES.several : WATCHDOG_TIMES.alone,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      slowMs: SLOW_MS,
      onSlow: (session) => void this.#doubt(session),
    };
    this.#links = endpoints.map((endpoint) => new EndpointLink(endpoint, sessionOptions));
  }

  async unary(path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    options.signal.throwIfAborted();
    const startedMs = this.#clock.monotonicMs();
    const session = this.#usable();
    if (session === undefined) return await this.#persist(path, request, options, startedMs);
    try {
      return await this.#call(session, path, request, options);
    } catch (error) {
      if (!this.#mayRepeat(session, error, options)) throw error;
      return await this.#persist(path, request, options, startedMs);
    }
  }

  stream(path: string, handlers: StreamHandlers, options: StreamOptions): CallStream {
    const { signal } = options;
    const later: ((stream: CallStream) => void)[] = [];
    let open: CallStream | undefined;
    let on: EtcdSession | undefined;
    let over = false;
    const finish = (error: Error | undefined, session?: EtcdSession) => {
      if (over) return;
      over = true;
      signal.removeEventListener("abort", cancel);
      if (session !== undefined && mayGoElsewhere(error)) this.#leave(session);
      handlers.end(error);
    };
    const cancel = () => {
      if (over) return;
      over = true;
      signal.removeEventListener("abort", cancel);
      open?.cancel();
    };
    signal.addEventListener("abort", cancel, { once: true });
    const begin = (session: EtcdSession) => {
      if (over) return;
      on = session;
      const message = (payload: Buffer) => over || handlers.message(payload);
      try {
        open = session.stream(path, { message, end: (error) => finish(error, session) });
      } catch (error) {
        queueMicrotask(() => finish(asError(error), session));
        return;
      }
      for (const action of later) action(open);
    };
    const usable = this.#usable();
    if (usable !== undefined) begin(usable);
    else {
      const untilMs = this.#clock.monotonicMs() + PATIENCE_MS;
      this.#serving({ signal, untilMs }).then(begin, (error: unknown) => finish(asError(error)));
    }
    const suspect = async () => {
      if (on === undefined || (await this.#doubt(on)) || over) return;
      open?.cancel();
      finish(new GrpcError(GRPC.unavailable, "the member has fallen behind or lost its leader", { sent: true }));
    };
    const act = (action: (stream: CallStream) => void) => {
      if (open === undefined) later.push(action);
      else action(open);
    };
    return {
      send: (payload) => act((stream) => stream.send(payload)),
      finish: () => act((stream) => stream.finish()),
      pause: () => act((stream) => stream.pause()),
      resume: () => act((stream) => stream.resume()),
      suspect: () => void suspect(),
      cancel,
    };
  }

  close(): void {
    this.#closing.abort(new GrpcError(GRPC.unavailable, "client closed", { sent: false }));
    this.#current = undefined;
    for (const link of this.#links) link.close();
  }

  #usable(): EtcdSession | undefined {
    return this.#current?.usable ? this.#current : undefined;
  }

  #call(session: EtcdSession, path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    if (options.repeatable === undefined) return session.unary(path, request, options);
    const { timeoutMs, signal } = options;
    const onSlow = (call: SlowCall) => void this.#moveOn(session, call);
    return session.unary(path, request, { timeoutMs, signal, onSlow });
  }

  /** Sends a call again until it is answered, or time is over. */
  async #persist(path: string, request: Buffer, options: CallOptions, startedMs: number): Promise<Buffer> {
    const { signal, timeoutMs } = options;
    const deadlineMs = startedMs + timeoutMs;
    const untilMs = Math.min(deadlineMs, this.#clock.monotonicMs() + PATIENCE_MS);
    for (;;) {
      const session = await this.#serving({ signal, untilMs });
      const leftMs = Math.max(deadlineMs - this.#clock.monotonicMs(), 1);
      try {
        return await this.#call(session, path, request, { ...options, timeoutMs: leftMs });
      } catch (error) {
        if (!this.#mayRepeat(session, error, options) || this.#clock.monotonicMs() >= untilMs) throw error;
      }
      await this.#clock.sleep(REPEAT_PAUSE_MS, { signal });
    }
  }

  #mayRepeat(session: EtcdSession, error: unknown, options: CallOptions): boolean {
    if (!mayGoElsewhere(error)) return false;
    this.#leave(session);
    if (options.signal.aborted || this.#closing.signal.aborted) return false;
    return options.repeatable === true || writeHadNoEffect(error);
  }

  /** A read that is slow because its member does not serve is sent to another one. */
  async #moveOn(session: EtcdSession, call: SlowCall): Promise<void> {
    if ((await this.#doubt(session)) || call.isOver()) return;
    call.giveUp(new GrpcError(GRPC.unavailable, "no answer in time", { sent: true }));
  }

  /** @returns whether the session has proved that its member serves; if not, it is left */
  #doubt(session: EtcdSession): Promise<boolean> {
    if (this.#doubted?.session === session) return this.#doubted.serves;
    if (this.#current !== session) return Promise.resolve(false);
    const timeoutMs = this.#links.length > 1 ? PROOF_MS.several : PROOF_MS.alone;
    const proof = { timeoutMs, signal: this.#closing.signal };
    const serves = session.unary(SERVING_PROBE.path, SERVING_PROBE.request, proof).then(
      () => true,
      () => {
        this.#leave(session);
        return false;
      },
    );
    const doubted = { session, serves };
    this.#doubted = doubted;
    void serves.then(() => {
      if (this.#doubted === doubted) this.#doubted = undefined;
    });
    return serves;
  }

  #leave(session: EtcdSession): void {
    if (this.#current === session) this.#current = undefined;
  }

  /** A session with a member that serves. @throws GrpcError, unsent, when there is none by then */
  async #serving(options: { signal: AbortSignal; untilMs: number }): Promise<EtcdSession> {
    const usable = this.#usable();
    if (usable !== undefined) return usable;
    this.#search ??= this.#startSearch();
    const search = this.#search;
    const { signal } = options;
    return await new Promise<EtcdSession>((resolve, reject) => {
      const giveUp = (code: number, detail: string, cause: unknown) =>
        settle(() => reject(new GrpcError(code, detail, { sent: false, cause })));
      const onAbort = () => giveUp(GRPC.cancelled, "context canceled", signal.reason);
      const timer = this.#clock.setTimer(options.untilMs - this.#clock.monotonicMs(), () =>
        giveUp(GRPC.unavailable, `no endpoint answers: ${describe(search.failure)}`, search.failure),
      );
      const settle = (then: () => void) => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        then();
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      search.found.then(
        (session) => settle(() => resolve(session)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  #startSearch(): Search {
    const search: { found: Promise<EtcdSession>; failure: unknown } = {
      found: firstServing(this.#links, {
        clock: this.#clock,
        signal: this.#closing.signal,
        onFailure: (_endpoint, error) => {
          search.failure = error;
        },
      }),
      failure: undefined,
    };
    const startedMs = this.#clock.monotonicMs();
    let told = false;
    const news = this.#clock.setTimer(NEWS_MS, () => {
      told = true;
      this.#log?.warn({ reason: describe(search.failure) }, "no endpoint of etcd serves");
    });
    const over = () => {
      news.cancel();
      if (this.#search === search) this.#search = undefined;
    };
    search.found.then((session) => {
      over();
      this.#current = session;
      const durationMs = Math.round(this.#clock.monotonicMs() - startedMs);
      if (told) this.#log?.info({ endpoint: session.endpoint, durationMs }, "etcd serves again");
    }, over);
    return search;
  }
}

function describe(failure: unknown): string {
  if (failure instanceof GrpcError) return failure.detail;
  return failure === undefined ? "none has said why" : String(failure);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

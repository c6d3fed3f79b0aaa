import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Kind } from "../../api/kind.ts";
import type { Timer } from "../../component-base/clock.ts";
import type { Clause } from "./negotiate.ts";
import type { RequestContext, RequestInfo, UserInfo } from "./request-context.ts";

/** The connection of a request that wants to leave HTTP, and what came right behind its head. */
export interface Upgrade {
  readonly socket: Socket;
  readonly head: Buffer;
}

/** One request, its answer, and all that travels with them through the pipeline. */
export class Exchange implements RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly info: RequestInfo;
  readonly accept: readonly Clause[];
  readonly upgrade: Upgrade | undefined;
  /** Monotonic. */
  readonly startedAtMs: number;
  user: UserInfo;
  /** What the path was found to name, for metrics. */
  kind: Kind | undefined;
  /** Monotonic moment at which the request is given up; Infinity for long-running ones. */
  deadlineMs = Number.POSITIVE_INFINITY;
  deadlineTimer: Timer | undefined;
  /** Where {@link LiveExchanges} keeps it. */
  place = -1;
  /** Which in-flight counter holds it. */
  slot: "readOnly" | "mutating" | undefined;
  #abort: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;
  #warnings: Set<string> | undefined;

  constructor(options: {
    request: IncomingMessage;
    response: ServerResponse;
    requestId: string;
    info: RequestInfo;
    accept: readonly Clause[];
    user: UserInfo;
    upgrade?: Upgrade | undefined;
    startedAtMs: number;
  }) {
    this.request = options.request;
    this.response = options.response;
    this.requestId = options.requestId;
    this.info = options.info;
    this.accept = options.accept;
    this.user = options.user;
    this.upgrade = options.upgrade;
    this.startedAtMs = options.startedAtMs;
  }

  get userAgent(): string {
    return this.request.headers["user-agent"] ?? "";
  }

  /** Made on demand: most requests are over before anybody listens. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#ended !== undefined) this.#abort.abort(this.#ended.reason);
    }
    return this.#abort.signal;
  }

  /** Gives the request up: everything that waits for it stops. Idempotent. */
  abort(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#abort?.abort(reason);
  }

  /** Why it was given up, if it was. */
  get abortReason(): unknown {
    return this.#ended?.reason;
  }

  get aborted(): boolean {
    return this.#ended !== undefined;
  }

  warn(text: string): void {
    this.#warnings ??= new Set();
    this.#warnings.add(text);
  }

  get warnings(): ReadonlySet<string> | undefined {
    return this.#warnings;
  }
}

/** The reasons for which an exchange is given up. */
export const clientGone = new Error("client disconnected");
export const deadlinePassed = new Error("request did not complete within the allotted timeout");
export const shuttingDown = new Error("the server is shutting down");

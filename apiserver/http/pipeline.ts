import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { failure, StatusError } from "../../api/status.ts";
import { Authentication, type Authenticator } from "./authenticate.ts";
import { type Authorizer, authorize, authorizeUpgrade } from "./authorize.ts";
import { Deadlines, requestedTimeoutMs } from "./deadline.ts";
import { sendError, sendText } from "./errors.ts";
import { clientGone, Exchange, shuttingDown, type Upgrade } from "./exchange.ts";
import { impersonate } from "./impersonate.ts";
import { type InFlight, isLongRunning } from "./limit.ts";
import { LiveExchanges } from "./live-exchanges.ts";
import { AcceptHeaders } from "./negotiate.ts";
import { type NonResourceDeps, serveNonResource } from "./non-resource.ts";
import { seenRevisionHeader } from "./observer.ts";
import { PipelinedExchanges } from "./pipelined-exchanges.ts";
import type { RequestInfo, UserInfo } from "./request-context.ts";
import { requestInfo } from "./request-info.ts";
import { type RouteDeps, route } from "./route.ts";

export interface PipelineDeps extends RouteDeps, NonResourceDeps {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly inFlight: InFlight;
}

/**
 * What happens to a request, in order: attributes, deadline, identity, impersonation, in-flight limit, authorization,
 * handler. Whatever a step throws is answered in one place.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #authentication: Authentication;
  readonly #accepts = new AcceptHeaders();
  readonly #deadlines: Deadlines;
  readonly #live = new LiveExchanges();
  readonly #pipelined = new PipelinedExchanges((exchange) => this.#close(exchange));
  #idle: (() => void) | undefined;
  #draining = false;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#authentication = new Authentication(deps.authenticator);
    this.#deadlines = new Deadlines({
      clock: deps.clock,
      live: this.#live,
      onPassed: (exchange) => sendError(exchange, exchange.abortReason, deps.log),
    });
  }

  /** Serves one request; never throws. */
  handle(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): void {
    const exchange = this.#open(request, response, upgrade);
    if (exchange === undefined) return;
    this.#serve(exchange).catch((error: unknown) => sendError(exchange, error, this.#deps.log));
  }

  /** Whether an Upgrade header means anything where this request goes. */
  upgrades(request: IncomingMessage): boolean {
    const { info } = attributesOf(request);
    const kind = this.#deps.registry.store(info.group, info.version, info.resource)?.kind;
    return kind?.subresources.some((row) => row.name === info.subresource && row.connects === true) ?? false;
  }

  /** Whether an answer has begun on this connection and not ended. */
  isAnswering(socket: Socket): boolean {
    for (const { request, response } of this.#live) if (request.socket === socket && response.headersSent) return true;
    return false;
  }

  /** Ends watches at once, and gives up what else is still being served after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    for (const exchange of this.#live) if (isLongRunning(exchange.info)) exchange.abort(shuttingDown);
    const timer = this.#deps.clock.setTimer(graceMs, () => {
      for (const exchange of this.#live) {
        exchange.abort(shuttingDown);
        exchange.response.destroy();
      }
    });
    if (this.#live.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    timer.cancel();
    this.#deadlines.stop();
  }

  #open(request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | undefined): Exchange | undefined {
    const { clock } = this.#deps;
    const asked = request.headers["audit-id"];
    const attributes = attributesOf(request);
    const exchange = new Exchange({
      request,
      response,
      requestId: typeof asked === "string" && asked !== "" ? asked : randomUUID(),
      info: attributes.info,
      accept: this.#accepts.parse(request.headers.accept),
      user: this.#authentication.anonymous,
      upgrade,
      startedAtMs: clock.monotonicMs(),
    });
    this.#live.add(exchange);
    response.once("close", () => this.#close(exchange));
    if (response.socket === null) this.#pipelined.add(exchange);
    if (attributes.error === undefined) return exchange;
    sendError(exchange, attributes.error, this.#deps.log);
    return undefined;
  }

  async #serve(exchange: Exchange): Promise<void> {
    const { authorizer, inFlight, metrics } = this.#deps;
    const { request, info } = exchange;
    // A connection that leaves HTTP now would be nobody's to close.
    if (this.#draining && exchange.upgrade !== undefined) throw shuttingDown;
    const timeoutMs = requestedTimeoutMs(info.query);
    if (!isLongRunning(info)) this.#deadlines.watch(exchange, timeoutMs);
    const identified = this.#authentication.identify(request, () => exchange.signal);
    const user: UserInfo = identified instanceof Promise ? await identified : identified;
    exchange.user = impersonate(request, user, authorizer);
    const slot = inFlight.acquire(info, exchange.user);
    if (slot === undefined) {
      metrics.requestRejected();
      sendText(exchange, 429, "Too many requests, please try again later.\n", ["Retry-After", "1"]);
      return;
    }
    if (slot !== "exempt") exchange.slot = slot;
    authorize(authorizer, exchange.user, info);
    if (exchange.upgrade !== undefined) authorizeUpgrade(authorizer, exchange.user, info);
    if (info.isResourceRequest) await route(exchange, this.#deps);
    else await serveNonResource(exchange, this.#deps);
  }

  /** The answer has left, or the client has. */
  #close(exchange: Exchange): void {
    const { clock, inFlight, metrics, observer, log } = this.#deps;
    const { response, info, startedAtMs } = exchange;
    if (!response.writableEnded) exchange.abort(clientGone);
    this.#deadlines.forget(exchange);
    if (exchange.slot !== undefined) inFlight.release(exchange.slot);
    const endedMs = clock.monotonicMs();
    const code = response.headersSent ? response.statusCode : 0;
    const durationMs = endedMs - startedAtMs;
    metrics.requestFinished(exchange, code, durationMs);
    log.debug({ requestId: exchange.requestId, verb: info.verb, path: info.path, code, durationMs }, "request");
    if (observer !== undefined) {
      const { requestId, user, userAgent, request } = exchange;
      const seen = request.headers[seenRevisionHeader];
      observer.requestFinished({
        requestId,
        user,
        verb: info.verb,
        path: info.path,
        userAgent,
        seenRevision: typeof seen === "string" ? seen : "",
        code,
        startedMs: startedAtMs,
        endedMs,
      });
    }
    this.#live.remove(exchange);
    if (this.#live.size === 0) this.#idle?.();
  }
}

/** The attributes, or what is wrong with the target and attributes that name nothing. */
function attributesOf(request: IncomingMessage): { info: RequestInfo; error?: unknown } {
  const { method = "GET", url = "/" } = request;
  try {
    return { info: requestInfo(method, url) };
  } catch (error) {
    const known =
      error instanceof StatusError ? error : failure({ code: 400, reason: "BadRequest", message: "bad URL" });
    return { info: requestInfo(method, "/"), error: known };
  }
}

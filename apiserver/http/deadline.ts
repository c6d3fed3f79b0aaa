import { badRequest } from "../../api/status.ts";
import type { Clock, Timer } from "../../component-base/clock.ts";
import { parseGoDuration } from "../../component-base/go-duration.ts";
import { deadlinePassed, type Exchange } from "./exchange.ts";
import type { LiveExchanges } from "./live-exchanges.ts";

/** How long a request that is not long-running may take. @see k8s.io/apiserver v0.36.0 pkg/server/config.go RequestTimeout */
const requestTimeoutMs = 60_000;
const sweepMs = 1000;

/**
 * What `?timeout=` asks for, in ms; undefined if it is absent or 0.
 * @throws StatusError 400
 */
export function requestedTimeoutMs(query: URLSearchParams): number | undefined {
  if (query.size === 0) return undefined;
  const text = query.get("timeout");
  if (text === null || text === "") return undefined;
  const durationMs = parseGoDuration(text);
  if (durationMs === undefined) {
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`);
  }
  return durationMs > 0 ? durationMs : undefined;
}

/** Gives up requests whose time is over. One timer looks once a second after all that have the usual minute. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #live: LiveExchanges;
  readonly #onPassed: (exchange: Exchange) => void;
  #sweep: Timer | undefined;

  constructor(deps: { clock: Clock; live: LiveExchanges; onPassed: (exchange: Exchange) => void }) {
    this.#clock = deps.clock;
    this.#live = deps.live;
    this.#onPassed = deps.onPassed;
  }

  /** @param timeoutMs - shortens the usual minute, never lengthens it */
  watch(exchange: Exchange, timeoutMs: number | undefined): void {
    if (timeoutMs !== undefined && timeoutMs < requestTimeoutMs) {
      exchange.deadlineTimer = this.#clock.setTimer(timeoutMs, () => this.#pass(exchange));
      return;
    }
    exchange.deadlineMs = exchange.startedAtMs + requestTimeoutMs;
    this.#sweep ??= this.#clock.setTimer(sweepMs, () => this.#look());
  }

  forget(exchange: Exchange): void {
    exchange.deadlineTimer?.cancel();
  }

  stop(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    let waiting = false;
    for (const exchange of this.#live) {
      if (exchange.deadlineMs <= nowMs) this.#pass(exchange);
      else if (exchange.deadlineMs !== Number.POSITIVE_INFINITY) waiting = true;
    }
    this.#sweep = waiting ? this.#clock.setTimer(sweepMs, () => this.#look()) : undefined;
  }

  #pass(exchange: Exchange): void {
    exchange.deadlineMs = Number.POSITIVE_INFINITY;
    exchange.abort(deadlinePassed);
    this.#onPassed(exchange);
  }
}

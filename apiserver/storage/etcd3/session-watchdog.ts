import type { ClientHttp2Session } from "node:http2";
import type { Clock, Timer } from "../../../component-base/clock.ts";

/** Calls that wait while nothing has been answered for this long make the session suspect. */
const SILENCE_MS = 1_000;
const PING_TIMEOUT_MS = 2_000;
/** etcd takes offence at pings that come more often than every 5 s. */
const PING_PAUSE_MS = 6_000;

/**
 * Ends a session that has died without a word. Node does not always say so when the peer of a TLS connection is killed in
 * the middle of a write: the session stays open, sends nothing and hears nothing, and every call on it would wait in vain.
 * Costs two additions a call, and a timer a second while there are calls.
 */
export class SessionWatchdog {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  #waiting = 0;
  #answered = 0;
  #answeredBefore = -1;
  #timer: Timer | undefined;
  #nextPingMs = Number.NEGATIVE_INFINITY;

  constructor(session: ClientHttp2Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    session.once("close", () => this.#timer?.cancel());
  }

  callSent(): void {
    this.#waiting++;
    this.#timer ??= this.#clock.setTimer(SILENCE_MS, () => this.#look());
  }

  /** Whether with an answer or without. */
  callEnded(): void {
    this.#waiting--;
    this.#answered++;
  }

  #look(): void {
    this.#timer = undefined;
    const silent = this.#answered === this.#answeredBefore;
    this.#answeredBefore = this.#answered;
    if (this.#waiting === 0 || this.#session.destroyed) return;
    this.#timer = this.#clock.setTimer(SILENCE_MS, () => this.#look());
    if (silent && this.#clock.monotonicMs() >= this.#nextPingMs) this.#ping();
  }

  #ping(): void {
    this.#nextPingMs = this.#clock.monotonicMs() + PING_PAUSE_MS;
    let answered = false;
    const late = this.#clock.setTimer(PING_TIMEOUT_MS, () => {
      // After a long turn of our own the answer may be there and only not read yet.
      setImmediate(() => {
        if (!answered) this.#session.destroy(new Error("no answer to a ping"));
      });
    });
    this.#session.ping(() => {
      answered = true;
      late.cancel();
    });
  }
}

import type { Clock, Timer } from "../../../component-base/clock.ts";

export interface WatchdogTimes {
  /** Calls that have waited this long while nothing at all arrived make the session suspect. */
  readonly silenceMs: number;
  /** The same for a session that only has a stream open, which may be silent for good reasons. */
  readonly idleSilenceMs: number;
  /** How long a suspect session has to show any sign of life. */
  readonly answerMs: number;
}

/** So many turns of the event loop a session has to show what has arrived, when its time is over: some milliseconds. */
const LAST_TURNS = 1_000;

/** What the watchdog sees of a session. */
export interface WatchedSession {
  /** All that ever arrived. */
  bytesRead(): number;
  /** Calls that wait for an answer. */
  waitingCalls(): number;
  openStreams(): number;
  /** Asks for something that a living peer answers at once. */
  provoke(): void;
  /** Ends it, and everything on it. */
  destroy(error: Error): void;
}

/**
 * Ends a session that has died without a word: its peer was paused or cut off, or killed in the middle of a write, which
 * Node does not always report for TLS. Everything on it would wait in vain. The peer is provoked with a call that it
 * answers from its own memory, not with an HTTP/2 ping: etcd takes offence at more than one of those in 5 s.
 * Costs nothing per call, and a timer while the session is in use.
 */
export class SessionWatchdog {
  readonly #session: WatchedSession;
  readonly #clock: Clock;
  readonly #times: WatchdogTimes;
  #timer: Timer | undefined;
  #bytesBefore = -1;
  #silentMs = 0;
  #ended = false;

  constructor(session: WatchedSession, options: { clock: Clock; times: WatchdogTimes }) {
    this.#session = session;
    this.#clock = options.clock;
    this.#times = options.times;
  }

  /** Something waits for the peer from now on. */
  inUse(): void {
    if (this.#timer !== undefined || this.#ended) return;
    this.#bytesBefore = this.#session.bytesRead();
    this.#silentMs = 0;
    this.#arm();
  }

  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(this.#times.silenceMs, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#ended) return;
    const { silenceMs, idleSilenceMs } = this.#times;
    const waiting = this.#session.waitingCalls();
    if (waiting === 0 && this.#session.openStreams() === 0) return;
    const bytes = this.#session.bytesRead();
    this.#silentMs = bytes === this.#bytesBefore ? this.#silentMs + silenceMs : 0;
    this.#bytesBefore = bytes;
    if (this.#silentMs >= (waiting > 0 ? silenceMs : idleSilenceMs)) this.#suspect(bytes);
    else this.#arm();
  }

  #suspect(bytes: number): void {
    this.#session.provoke();
    this.#timer = this.#clock.setTimer(this.#times.answerMs, () => this.#judge(bytes, LAST_TURNS));
  }

  /** After a long turn of our own the answer may be there and only not read yet; and a virtual clock leaves it no time. */
  #judge(bytes: number, turns: number): void {
    if (this.#ended) return;
    if (this.#session.bytesRead() === bytes) {
      if (turns > 0) setImmediate(() => this.#judge(bytes, turns - 1));
      else this.#session.destroy(new Error("no sign of life from etcd"));
      return;
    }
    this.#timer?.cancel();
    this.#bytesBefore = this.#session.bytesRead();
    this.#silentMs = 0;
    this.#arm();
  }
}

import { connect, type Socket } from "node:net";
import type { Clock, Timer } from "../../component-base/clock.ts";
import { pass } from "../../component-base/link-fault.ts";
import { TcpLink } from "../../component-base/tcp-link.ts";
import { type Readiness, ReadyzProbe } from "./readyz-probe.ts";

/** A gateway behind the balancer. */
export interface BackendAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface BackendState extends BackendAddress {
  readonly readiness: Readiness;
  /** Connections that are open. */
  readonly connections: number;
}

export interface BackendOptions {
  /** PEM of the cluster's authority. */
  readonly ca: string;
  /** How often it is asked whether it is ready, and how long an answer or a connection may take. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** Whether another gateway is there for its clients. */
  readonly othersReady: (backend: Backend) => boolean;
}

/**
 * A gateway that answers so, so often in a row while another one is ready, loses its connections: its clients would wait for
 * nothing. It has that long because it may only be busy, or about to be ready itself.
 */
const patience: Readonly<Partial<Record<Readiness, number>>> = { silent: 3, "not-ready": 5 };

const sentences: Readonly<Record<Readiness, string>> = {
  ready: "is ready: it gets new connections",
  "not-ready": "says that it is not ready: new connections go to others, if others are",
  refused: "does not listen: new connections go to others",
  silent: "does not answer: new connections go to others",
};

/** One gateway: its connections, and what is known of its health. */
export class Backend {
  readonly address: BackendAddress;
  /** Good until it shows otherwise. */
  #readiness: Readiness = "ready";
  readonly #options: BackendOptions;
  readonly #probe: ReadyzProbe;
  readonly #links = new Set<TcpLink>();
  /** Callers that wait for a connection to the gateway. */
  readonly #waiting = new Set<Socket>();
  /** Callers so far. */
  #taken = 0;
  /** Answers in a row that were like the last one while another gateway was ready. */
  #alike = 0;
  #retired = false;
  #timer: Timer | undefined;

  constructor(address: BackendAddress, options: BackendOptions) {
    this.address = address;
    this.#options = options;
    this.#probe = new ReadyzProbe({ ...address, ca: options.ca }, options);
  }

  get readiness(): Readiness {
    return this.#readiness;
  }

  get taken(): number {
    return this.#taken;
  }

  get connections(): number {
    return this.#links.size + this.#waiting.size;
  }

  /**
   * Relays a caller that nothing was read from yet.
   * @param onFailed - called instead when the gateway cannot be reached; the caller is as it was
   */
  take(caller: Socket, onFailed: () => void): void {
    const { clock, intervalMs } = this.#options;
    const { host, port } = this.address;
    const target = connect({ host, port, allowHalfOpen: true });
    this.#waiting.add(caller);
    this.#taken++;
    const fail = (readiness: Readiness) => {
      if (!this.#waiting.delete(caller)) return;
      timer.cancel();
      target.destroy();
      this.#learn(readiness);
      onFailed();
    };
    const timer = clock.setTimer(intervalMs, () => fail("silent"));
    target.on("error", () => fail("refused"));
    target.once("connect", () => {
      timer.cancel();
      if (this.#waiting.delete(caller)) this.#link(caller, target);
      else target.destroy();
    });
  }

  #link(caller: Socket, target: Socket): void {
    const link: TcpLink = new TcpLink(caller, target, {
      fault: pass,
      clock: this.#options.clock,
      random: () => 0,
      onClosed: () => this.#links.delete(link),
    });
    this.#links.add(link);
  }

  /** From now on it is asked whether it is ready. */
  join(): void {
    void this.#ask();
  }

  /** It is asked no more, and keeps the connections it has. */
  retire(): void {
    this.#retired = true;
    this.#timer?.cancel();
    this.#probe.close();
  }

  /** Breaks its connections. */
  cut(): void {
    for (const caller of this.#waiting) caller.destroy();
    this.#waiting.clear();
    for (const link of this.#links) link.destroy();
  }

  async #ask(): Promise<void> {
    const { clock, intervalMs } = this.#options;
    const startedMs = clock.monotonicMs();
    const readiness = await this.#probe.ask({ timeoutMs: intervalMs });
    if (this.#retired) return;
    if (readiness !== this.#readiness || !this.#options.othersReady(this)) this.#alike = 0;
    this.#alike++;
    this.#learn(readiness);
    if (this.#alike >= (patience[readiness] ?? Number.POSITIVE_INFINITY)) this.#sendAway();
    this.#timer = clock.setTimer(startedMs + intervalMs - clock.monotonicMs(), () => void this.#ask());
  }

  /** Lets its clients find a gateway that is ready, if one is. A process that is gone has closed its connections itself. */
  #sendAway(): void {
    if (this.connections === 0) return;
    this.#options.say(`${this.address.name} loses ${this.connections} connections: others are ready to serve them`);
    this.cut();
  }

  #learn(readiness: Readiness): void {
    if (readiness === this.#readiness || this.#retired) return;
    this.#readiness = readiness;
    this.#options.say(`${this.address.name} ${sentences[readiness]}`);
  }
}

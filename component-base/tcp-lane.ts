import type { Socket } from "node:net";
import type { Clock, Timer } from "./clock.ts";
import { isStalled, type LinkFault } from "./link-fault.ts";

/** Bytes that a lane with a delay holds; the source is read no further meanwhile. */
const maxHeldBytes = 4 * 1024 * 1024;

export interface LaneDeps {
  readonly clock: Clock;
  /** In [0, 1): the jitter. */
  readonly random: () => number;
}

/** Bytes on their way, or the end of them. */
interface Held {
  readonly chunk: Buffer | "end";
  readonly dueMs: number;
}

/** One direction of a link: what comes out of `source` goes into `sink`, no faster than `sink` takes it. */
export class TcpLane {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #towards: "target" | "caller";
  readonly #deps: LaneDeps;
  #fault: LinkFault;
  #held: Held[] = [];
  #heldBytes = 0;
  #lastDueMs = 0;
  #sinkFull = false;
  #timer: Timer | undefined;

  constructor(source: Socket, sink: Socket, options: { towards: "target" | "caller"; fault: LinkFault } & LaneDeps) {
    this.#source = source;
    this.#sink = sink;
    this.#towards = options.towards;
    this.#fault = options.fault;
    this.#deps = options;
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    source.on("end", () => this.#take("end"));
    sink.on("drain", () => {
      this.#sinkFull = false;
      this.#deliver();
      this.#readOrWait();
    });
    this.#readOrWait();
  }

  setFault(fault: LinkFault): void {
    this.#fault = fault;
    this.#deliver();
    this.#readOrWait();
  }

  close(): void {
    this.#timer?.cancel();
    this.#held = [];
    this.#heldBytes = 0;
  }

  #take(chunk: Buffer | "end"): void {
    if (this.#held.length === 0 && this.#fault.kind === "pass") {
      this.#put(chunk);
    } else {
      this.#held.push({ chunk, dueMs: this.#dueMs() });
      if (chunk !== "end") this.#heldBytes += chunk.length;
      this.#deliver();
    }
    this.#readOrWait();
  }

  /** Never earlier than what is on its way already. */
  #dueMs(): number {
    const { clock, random } = this.#deps;
    const fault = this.#fault;
    if (fault.kind !== "delay") return 0;
    const lateMs = Math.max(0, fault.delayMs + fault.jitterMs * (2 * random() - 1));
    this.#lastDueMs = Math.max(this.#lastDueMs, clock.monotonicMs() + lateMs);
    return this.#lastDueMs;
  }

  /** Hands on what is due, as far as the sink takes it. */
  #deliver(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (isStalled(this.#fault, this.#towards)) return;
    while (!this.#sinkFull) {
      const next = this.#held[0];
      if (next === undefined) return;
      const waitMs = this.#fault.kind === "delay" ? next.dueMs - this.#deps.clock.monotonicMs() : 0;
      if (waitMs > 0) {
        this.#timer = this.#deps.clock.setTimer(waitMs, () => {
          this.#deliver();
          this.#readOrWait();
        });
        return;
      }
      this.#held.shift();
      if (next.chunk !== "end") this.#heldBytes -= next.chunk.length;
      this.#put(next.chunk);
    }
  }

  #put(chunk: Buffer | "end"): void {
    if (chunk === "end") this.#sink.end();
    else if (this.#sink.writable && !this.#sink.write(chunk)) this.#sinkFull = true;
  }

  #readOrWait(): void {
    const full = this.#sinkFull || this.#heldBytes >= maxHeldBytes;
    const wait = full || isStalled(this.#fault, this.#towards);
    if (wait !== this.#source.isPaused()) {
      if (wait) this.#source.pause();
      else this.#source.resume();
    }
  }
}

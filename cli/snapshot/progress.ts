import type { Clock } from "../../component-base/clock.ts";
import { humanBytes } from "./human-bytes.ts";

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** How far something is, in bytes: one line that is written over at a terminal, now and then a new one elsewhere. */
export class Progress {
  readonly #output: Output;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #everyMs: number;
  #lastMs: number;
  #shown = false;

  constructor(output: Output, clock: Pick<Clock, "monotonicMs">) {
    this.#output = output;
    this.#clock = clock;
    this.#everyMs = output.isTTY === true ? 100 : 2_000;
    this.#lastMs = clock.monotonicMs();
  }

  /** @param total - as far as it is known beforehand */
  update(done: number, total: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs < this.#everyMs) return;
    this.#lastMs = nowMs;
    const percent = Math.min(99, Math.floor((done / Math.max(1, total)) * 100));
    const text = `${humanBytes(done)} of about ${humanBytes(total)} (${percent} %)`;
    this.#shown = true;
    this.#output.write(this.#output.isTTY === true ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown && this.#output.isTTY === true) this.#output.write("\r\x1b[K");
  }
}

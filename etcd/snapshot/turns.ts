import { nextTurn } from "../../component-base/next-turn.ts";

/** How many entries are worked on before others get their turn. */
const entriesPerTurn = 500;

/**
 * Counts work on a file that is done without waiting, and lets the event loop go on now and then: a launcher that restores
 * still has processes to look after.
 */
export class Turns {
  readonly #signal: AbortSignal;
  #count = 0;

  constructor(options: { readonly signal: AbortSignal }) {
    this.#signal = options.signal;
  }

  /** True when it is time to `rest()`. */
  due(): boolean {
    return ++this.#count % entriesPerTurn === 0;
  }

  /** @throws the signal's reason when it has been aborted */
  async rest(): Promise<void> {
    this.#signal.throwIfAborted();
    await nextTurn();
    this.#signal.throwIfAborted();
  }
}

/**
 * Nodes of one zone that wait for their NoExecute taint; one may be taken every 1/rate seconds. A token saved up is one at
 * most.
 */
export class EvictionQueue {
  readonly #waiting = new Set<string>();
  #rate: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(ratePerSecond: number) {
    this.#rate = ratePerSecond;
  }

  /** Nodes per second; 0: none. */
  setRate(ratePerSecond: number): void {
    this.#rate = ratePerSecond;
  }

  add(node: string): void {
    this.#waiting.add(node);
  }

  remove(node: string): void {
    this.#waiting.delete(node);
  }

  /** The next node, if its turn has come. */
  take(nowMs: number): string | undefined {
    const [node] = this.#waiting;
    if (node === undefined || this.#rate === 0 || nowMs < this.#nextMs) return undefined;
    this.#waiting.delete(node);
    this.#nextMs = nowMs + 1000 / this.#rate;
    return node;
  }
}

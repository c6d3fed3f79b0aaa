/** The newest `capacity` items; adding to a full ring drops the oldest. */
export class Ring<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #start = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @returns the item that had to go, if any */
  push(item: T): T | undefined {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return undefined;
    }
    const dropped = this.#items[this.#start];
    this.#items[this.#start] = item;
    this.#start = (this.#start + 1) % this.#capacity;
    return dropped;
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<T> {
    for (let offset = 0; offset < this.#items.length; offset++) {
      yield this.#items[(this.#start + offset) % this.#items.length] as T;
    }
  }
}

/** A binary heap whose members can be taken out by key. All steps are logarithmic. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #positions = new Map<string, number>();
  readonly #key: (item: T) => string;
  readonly #less: (a: T, b: T) => boolean;

  constructor(options: { key: (item: T) => string; less: (a: T, b: T) => boolean }) {
    this.#key = options.key;
    this.#less = options.less;
  }

  get size(): number {
    return this.#items.length;
  }

  has(key: string): boolean {
    return this.#positions.has(key);
  }

  get(key: string): T | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#items[position];
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  values(): readonly T[] {
    return this.#items;
  }

  /** Adds an item, or moves it to where it now belongs. */
  push(item: T): void {
    const key = this.#key(item);
    const position = this.#positions.get(key) ?? this.#items.length;
    this.#place(item, position);
    this.#settle(position);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.delete(this.#key(first));
    return first;
  }

  delete(key: string): T | undefined {
    const position = this.#positions.get(key);
    if (position === undefined) return undefined;
    const removed = this.#items[position];
    const last = this.#items.pop();
    this.#positions.delete(key);
    if (last !== undefined && position < this.#items.length) {
      this.#place(last, position);
      this.#settle(position);
    }
    return removed;
  }

  #settle(position: number): void {
    if (!this.#siftUp(position)) this.#siftDown(position);
  }

  #siftUp(start: number): boolean {
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!this.#swapIfLess(position, parent)) break;
      position = parent;
    }
    return position !== start;
  }

  #siftDown(start: number): void {
    let position = start;
    for (;;) {
      const left = 2 * position + 1;
      const right = left + 1;
      const smaller = this.#isLess(right, left) ? right : left;
      if (!this.#swapIfLess(smaller, position)) return;
      position = smaller;
    }
  }

  #isLess(a: number, b: number): boolean {
    const itemA = this.#items[a];
    const itemB = this.#items[b];
    return itemA !== undefined && itemB !== undefined && this.#less(itemA, itemB);
  }

  #swapIfLess(lower: number, upper: number): boolean {
    const a = this.#items[lower];
    const b = this.#items[upper];
    if (a === undefined || b === undefined || !this.#less(a, b)) return false;
    this.#place(a, upper);
    this.#place(b, lower);
    return true;
  }

  #place(item: T, position: number): void {
    this.#items[position] = item;
    this.#positions.set(this.#key(item), position);
  }
}

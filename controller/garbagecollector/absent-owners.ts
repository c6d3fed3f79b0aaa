/** UIDs of owners known to have gone, the most recent ones; UIDs are never used again, so an entry never gets wrong. */
export class AbsentOwners {
  readonly #uids = new Set<string>();
  readonly #capacity: number;

  constructor(capacity = 500) {
    this.#capacity = capacity;
  }

  add(uid: string): void {
    this.#uids.delete(uid);
    this.#uids.add(uid);
    if (this.#uids.size <= this.#capacity) return;
    const [oldest] = this.#uids;
    if (oldest !== undefined) this.#uids.delete(oldest);
  }

  has(uid: string): boolean {
    return this.#uids.has(uid);
  }
}

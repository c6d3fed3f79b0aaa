/** Has events for a consumer that waits for them. */
export interface Deliverable {
  deliver(): void;
}

/** Watchers served in one turn of the event loop. A delivery takes 10 to 20 µs, most of it the write to its socket. */
const PER_TURN = 32;

/**
 * The order in which watchers get what has happened: first come, first served, a slice of them in each turn of the event
 * loop. Between two slices requests are answered and changes come in, so that one write to a key that a thousand watch
 * holds nobody up, and a watcher whose turn comes late gets all that has gathered for it in one write.
 */
export class Deliveries {
  #now: Deliverable[] = [];
  #at = 0;
  #next: Deliverable[] = [];
  #running = false;

  /** To be called once until `deliver` has been. The first slice is served before the event loop goes on. */
  add(watcher: Deliverable): void {
    this.#next.push(watcher);
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(this.#turn);
  }

  readonly #turn = () => {
    for (let left = PER_TURN; left > 0; left--) {
      const watcher = this.#now[this.#at++] ?? this.#firstOfNext();
      if (watcher === undefined) {
        this.#running = false;
        return;
      }
      watcher.deliver();
    }
    setImmediate(this.#turn);
  };

  #firstOfNext(): Deliverable | undefined {
    this.#now = this.#next;
    this.#next = [];
    this.#at = 1;
    return this.#now[0];
  }
}

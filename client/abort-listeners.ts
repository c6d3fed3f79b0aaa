/**
 * Who is to be told when a signal is aborted. A process has one signal and hundreds of calls in flight: on the signal itself
 * each addition would look at all those before it, and Node would take their number for a leak. So every signal has one
 * listener of ours, and none while nobody waits.
 */
export class AbortListeners {
  readonly #groups = new Map<AbortSignal, Group>();

  /** `listener` is called at most once. The signal must not be aborted yet. */
  add(signal: AbortSignal, listener: () => void): void {
    let group = this.#groups.get(signal);
    if (group === undefined) {
      const listeners = new Set<() => void>();
      const onAbort = () => {
        this.#groups.delete(signal);
        for (const each of listeners) each();
      };
      group = { listeners, onAbort };
      this.#groups.set(signal, group);
      signal.addEventListener("abort", onAbort, { once: true });
    }
    group.listeners.add(listener);
  }

  remove(signal: AbortSignal, listener: () => void): void {
    const group = this.#groups.get(signal);
    if (group === undefined || !group.listeners.delete(listener) || group.listeners.size > 0) return;
    this.#groups.delete(signal);
    signal.removeEventListener("abort", group.onAbort);
  }
}

interface Group {
  readonly listeners: Set<() => void>;
  readonly onAbort: () => void;
}

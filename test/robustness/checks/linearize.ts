/** One operation of a concurrent history. */
export interface Call<State, Source> {
  readonly callMs: number;
  /** Infinity: nobody was told that it is over, so it may take effect at any later time. */
  readonly returnMs: number;
  /** False: it may also never take effect. */
  readonly required: boolean;
  /** Which to try first among those that could come next: the lower one. Changes only the time that it takes. */
  readonly order: number;
  /**
   * Calls that are not required and equal but for their times have equal twins: their effects are the same in every state, and
   * nobody can tell which of them took place. Only the earliest that is left is tried.
   */
  readonly twin?: string;
  /** The state after it, if it may take effect in `state`. */
  readonly step: (state: State) => State | undefined;
  readonly source: Source;
}

export type Linearization<Source> =
  | { readonly kind: "linearizable" }
  /** `longest`: how many operations could be put in order at best; `stuck`: those that had to be next and could not. */
  | { readonly kind: "not linearizable"; readonly longest: number; readonly stuck: readonly Source[] }
  | { readonly kind: "undecided" };

/** Configurations remembered; with more than these the search is given up. */
const maxTried = 1_000_000;
/** Looks at the clock only now and then. */
const stepsBetweenLooks = 4096;

/**
 * Whether there is an order of the calls, each at one moment between its call and its return, in which every step is possible.
 *
 * The algorithm is Wing and Gong's search ("Testing and Verifying Concurrent Objects", 1993) with Lowe's memory of
 * configurations already tried, which are the set of calls done and the state ("Testing for Linearizability", 2017), as in
 * Porcupine (github.com/anishathalye/porcupine), which etcd's own robustness tests use. Calls without an answer need not be
 * in the order at all: the search is over when every required one is.
 *
 * @param keyOf - equal for equal states
 * @param isOver - whether to give up
 */
export function linearize<State, Source>(
  initial: State,
  keyOf: (state: State) => string,
  calls: readonly Call<State, Source>[],
  isOver: () => boolean,
): Linearization<Source> {
  const sorted = [...calls].sort((a, b) => a.callMs - b.callMs);
  const remaining = new Remaining(sorted);
  const required = sorted.filter((call) => call.required).length;
  const tried = new Set<string>();
  const path: { readonly index: number; readonly state: State; readonly next: readonly number[]; at: number }[] = [];
  let state = initial;
  let done = 0;
  let longest = -1;
  let stuck: readonly Source[] = [];
  let candidates: readonly number[] = remaining.candidates();
  let at = 0;
  for (let steps = 1; done < required; steps++) {
    if (steps % stepsBetweenLooks === 0 && isOver()) return { kind: "undecided" };
    const index = candidates[at];
    if (index === undefined) {
      if (path.length > longest) {
        longest = path.length;
        stuck = candidates.flatMap((candidate) => {
          const call = sorted[candidate];
          return call?.required === true ? [call.source] : [];
        });
      }
      const last = path.pop();
      if (last === undefined) return { kind: "not linearizable", longest, stuck };
      remaining.putBack(last.index);
      if (sorted[last.index]?.required === true) done--;
      ({ state, next: candidates } = last);
      at = last.at + 1;
      continue;
    }
    const call = sorted[index];
    const next = call?.step(state);
    if (call === undefined || next === undefined) {
      at++;
      continue;
    }
    remaining.take(index);
    const configuration = `${remaining.key()} ${keyOf(next)}`;
    if (tried.has(configuration)) {
      remaining.putBack(index);
      at++;
      continue;
    }
    if (tried.size >= maxTried) return { kind: "undecided" };
    tried.add(configuration);
    path.push({ index, state, next: candidates, at });
    if (call.required) done++;
    state = next;
    candidates = remaining.candidates();
    at = 0;
  }
  return { kind: "linearizable" };
}

type Timed = Pick<Call<unknown, unknown>, "callMs" | "returnMs" | "order" | "twin">;

/** The calls that are not in the order yet. */
class Remaining {
  readonly #calls: readonly Timed[];
  readonly #done: Uint32Array;
  /** All calls before this one are done. */
  #first = 0;
  readonly #taken: number[] = [];

  constructor(calls: readonly Timed[]) {
    this.#calls = calls;
    this.#done = new Uint32Array(Math.ceil(calls.length / 32));
  }

  /** Those that may come next: no other one had returned before they were called. */
  candidates(): number[] {
    const found: number[] = [];
    const twins = new Set<string>();
    let earliestReturnMs = Number.POSITIVE_INFINITY;
    for (let index = this.#first; index < this.#calls.length; index++) {
      const call = this.#calls[index];
      if (call === undefined || call.callMs > earliestReturnMs) break;
      if (this.#isDone(index)) continue;
      earliestReturnMs = Math.min(earliestReturnMs, call.returnMs);
      if (call.twin !== undefined) {
        if (twins.has(call.twin)) continue;
        twins.add(call.twin);
      }
      found.push(index);
    }
    const order = (index: number) => this.#calls[index]?.order ?? 0;
    // What changes nothing first, then writes by their revision, then those that perhaps never were.
    return found.sort((a, b) => order(a) - order(b) || a - b);
  }

  take(index: number): void {
    this.#done[index >>> 5] = (this.#done[index >>> 5] ?? 0) | (1 << (index & 31));
    this.#taken.push(this.#first);
    while (this.#first < this.#calls.length && this.#isDone(this.#first)) this.#first++;
  }

  putBack(index: number): void {
    this.#done[index >>> 5] = (this.#done[index >>> 5] ?? 0) & ~(1 << (index & 31));
    this.#first = this.#taken.pop() ?? 0;
  }

  /** Equal for equal sets of calls that are done: all before the first open one are. */
  key(): string {
    const from = this.#first >>> 5;
    let to = this.#done.length;
    while (to > from && this.#done[to - 1] === 0) to--;
    return `${this.#first}:${this.#done.subarray(from, to).join(",")}`;
  }

  #isDone(index: number): boolean {
    return (((this.#done[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }
}

import type { Clock } from "../../../component-base/clock.ts";
import type { EtcdKv } from "../etcd3/kv.ts";
import { prefixEnd } from "../etcd3/kv-messages.ts";
import { StorageError, type Waiting } from "../storage.ts";

/** What the barrier needs to know of the cache. */
export interface CacheProgress {
  revision(): bigint;
  /** Keys in memory, at {@link revision}. */
  count(): number;
  /** Resolves true once the cache has reached `revision`, false after `timeoutMs`. */
  reached(revision: bigint, options: { timeoutMs: number; signal: AbortSignal }): Promise<boolean>;
  /** The cache has been proven to equal the store at `revision`. */
  proven(revision: bigint): void;
}

/** How long the watch may take to bring what etcd has already committed, before a look at the keys is cheaper. */
const FEED_GRACE_MS = 25;
/** A watch that is so late is suspected of watching a member that has fallen behind or lost its leader. */
const LAG_MS = 300;
/** What a round gets at least, however long its callers have waited for the one before. */
const ROUND_MIN_MS = 1_000;

/**
 * Answers "is memory as new as every write that ended before now?" with one small linearizable read of etcd, shared by
 * all who ask at the same time. A round already in flight when a caller arrives may have been read before that caller's
 * last write, so the caller shares the next one instead.
 */
export class Freshness {
  readonly #kv: EtcdKv;
  readonly #prefix: string;
  readonly #cache: CacheProgress;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #stop: AbortSignal;
  readonly #onLag: () => void;
  readonly #onTimeTravel: (error: StorageError) => void;
  #flying: Promise<bigint> | undefined;
  #next: Promise<bigint> | undefined;
  rounds = 0;

  constructor(options: {
    kv: EtcdKv;
    prefix: string;
    cache: CacheProgress;
    clock: Clock;
    timeoutMs: number;
    stop: AbortSignal;
    /** Called now and then while the watch lags behind what etcd has committed. */
    onLag: () => void;
    /** Called when etcd turns out to be another one than before: nothing in memory is worth anything then. */
    onTimeTravel: (error: StorageError) => void;
  }) {
    this.#kv = options.kv;
    this.#prefix = options.prefix;
    this.#cache = options.cache;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#stop = options.stop;
    this.#onLag = options.onLag;
    this.#onTimeTravel = options.onTimeTravel;
  }

  /**
   * Resolves when the cache holds every write that had ended when this was called.
   * @throws StorageError `Unavailable` when etcd does not answer in time
   */
  async consistent(waiting: Waiting): Promise<void> {
    const revision = await this.#round();
    if (this.#cache.revision() < revision) await this.catchUp(revision, waiting.signal);
  }

  /** Resolves when the cache stands for the state at `revision`, which etcd has reached. */
  async catchUp(revision: bigint, signal: AbortSignal): Promise<void> {
    const sinceMs = this.#clock.monotonicMs();
    const deadlineMs = sinceMs + this.#timeoutMs;
    while (this.#cache.revision() < revision) {
      if (await this.#cache.reached(revision, { timeoutMs: FEED_GRACE_MS, signal })) return;
      if (this.#clock.monotonicMs() - sinceMs > LAG_MS) this.#onLag();
      await this.#prove(signal);
      if (this.#cache.revision() >= revision) return;
      if (this.#clock.monotonicMs() > deadlineMs) {
        throw new StorageError("Unavailable", this.#prefix, `the watch on etcd lags behind revision ${revision}`);
      }
    }
  }

  /** etcd's revision now, read linearizably and shared. */
  current(): Promise<bigint> {
    return this.#round();
  }

  /**
   * The store's revision also moves for reasons outside our prefix, and the watch is silent about those. If no key of ours
   * is newer than the cache and none is gone (their number is the same), then the cache is what the store holds.
   */
  async #prove(signal: AbortSignal): Promise<void> {
    const before = this.#cache.revision();
    const answer = await this.#kv.range(
      {
        key: this.#prefix,
        rangeEnd: prefixEnd(this.#prefix),
        minModRevision: before + 1n,
        limit: 1,
        keysOnly: true,
      },
      { timeoutMs: this.#timeoutMs, signal },
    );
    const untouched = this.#cache.revision() === before && answer.kvs.length === 0;
    if (untouched && answer.count === this.#cache.count()) this.#cache.proven(answer.revision);
  }

  #round(): Promise<bigint> {
    if (this.#flying === undefined) return this.#start(this.#timeoutMs);
    if (this.#next === undefined) {
      const askedMs = this.#clock.monotonicMs();
      this.#next = this.#flying.then(ignore, ignore).then(() => {
        this.#next = undefined;
        return this.#start(Math.max(this.#timeoutMs - (this.#clock.monotonicMs() - askedMs), ROUND_MIN_MS));
      });
    }
    return this.#next;
  }

  #start(timeoutMs: number): Promise<bigint> {
    const round = this.#read(timeoutMs);
    this.#flying = round;
    const land = () => {
      if (this.#flying === round) this.#flying = undefined;
    };
    round.then(land, land);
    return round;
  }

  async #read(timeoutMs: number): Promise<bigint> {
    this.rounds++;
    const known = this.#cache.revision();
    const answer = await this.#kv.range({ key: this.#prefix, countOnly: true }, { timeoutMs, signal: this.#stop });
    if (answer.revision >= known) return answer.revision;
    // One etcd never goes back; so its data was lost, or restored under a gateway that went on.
    const text = `etcd has gone back from revision ${known} to ${answer.revision}, so this gateway must start anew`;
    const error = new StorageError("Unavailable", this.#prefix, text);
    this.#onTimeTravel(error);
    throw error;
  }
}

function ignore(): void {
  // A failed round is its own callers' affair; the next round only needs to know that it is over.
}

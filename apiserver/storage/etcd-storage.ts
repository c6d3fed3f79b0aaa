import type { ApiObject } from "../../api/meta.ts";
import type { Clock, Timer } from "../../component-base/clock.ts";
import type { Backlogs } from "./cacher/backlog.ts";
import { CacheWatcher } from "./cacher/cache-watcher.ts";
import type { CachedObject } from "./cacher/cached-object.ts";
import type { Cacher } from "./cacher/cacher.ts";
import { Deliveries } from "./cacher/deliveries.ts";
import type { ReadPath } from "./read-path.ts";
import type {
  CachedReader,
  ListOptions,
  ListResult,
  ReadOptions,
  Storage,
  StoredObject,
  UpdateDecision,
  UpdateResult,
  Watcher,
  WatchOptions,
  WriteContext,
} from "./storage.ts";
import type { WritePath } from "./write-path.ts";

const BOOKMARK_MS = 60_000;
const BOOKMARK_JITTER_MS = 5_000;
const BOOKMARK_TICK_MS = 5_000;
/** So long before its end a watch gets a bookmark to resume from. @see k8s.io/apiserver v0.36.0 pkg/storage/cacher/cache_watcher.go */
const FAREWELL_MS = 2_000;

/** {@link Storage} on etcd: reads and watches from the cacher, writes through the write path. */
export class EtcdStorage implements Storage {
  readonly cached: CachedReader;
  readonly #cacher: Cacher;
  readonly #reads: ReadPath;
  readonly #writes: WritePath;
  readonly #backlogs: Backlogs;
  readonly #clock: Clock;
  readonly #maxPending: number;
  readonly #maxPendingBytes: number;
  readonly #watchers = new Set<CacheWatcher>();
  readonly #bookmarksDue = new Map<CacheWatcher, number>();
  readonly #deliveries = new Deliveries();
  #nextId = 1;

  constructor(options: {
    cacher: Cacher;
    reads: ReadPath;
    writes: WritePath;
    backlogs: Backlogs;
    clock: Clock;
    maxPending: number;
    maxPendingBytes: number;
  }) {
    this.#cacher = options.cacher;
    this.#reads = options.reads;
    this.#writes = options.writes;
    this.#backlogs = options.backlogs;
    this.#clock = options.clock;
    this.#maxPending = options.maxPending;
    this.#maxPendingBytes = options.maxPendingBytes;
    this.cached = options.cacher.reader;
    // Nobody may be told only what became of changes in the end: who resumes gets them from etcd, or is told that they are gone.
    options.cacher.onGap(() => this.endWatches());
  }

  create(
    storageKey: string,
    object: ApiObject,
    options: WriteContext & { ttlSeconds?: number },
  ): Promise<StoredObject> {
    return this.#writes.create(storageKey, object, options);
  }

  get(storageKey: string, options: ReadOptions): Promise<StoredObject> {
    return this.#reads.get(storageKey, options);
  }

  list(prefix: string, options: ListOptions): Promise<ListResult> {
    return this.#reads.list(prefix, options);
  }

  update(
    storageKey: string,
    decide: (current: StoredObject | undefined) => UpdateDecision | Promise<UpdateDecision>,
    options: WriteContext,
  ): Promise<UpdateResult> {
    return this.#writes.update(storageKey, decide, options);
  }

  currentRevision(): bigint {
    return this.#cacher.revision();
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  async watch(prefix: string, options: WatchOptions): Promise<Watcher> {
    const { from, signal } = options;
    if (from.kind !== "after") await this.#reads.settle(from.read, options);
    if (from.kind === "after" && from.revision < this.#cacher.history.floor) {
      await this.#reads.requireRevision(prefix, from.revision, signal);
    }
    // From here on nothing waits, so no change can slip in between what is read and what is listened to.
    let stopListening = () => undefined as unknown;
    const watcher = new CacheWatcher({
      id: this.#nextId++,
      after: from.kind === "after" ? from.revision : this.#cacher.revision(),
      predicate: options.predicate,
      maxPending: this.#maxPending,
      maxPendingBytes: this.#maxPendingBytes,
      signal,
      deliveries: this.#deliveries,
      onEnd: (ended) => {
        stopListening();
        this.#backlogs.remove(ended);
        this.#watchers.delete(ended);
        this.#bookmarksDue.delete(ended);
        farewell?.cancel();
      },
    });
    const farewell = this.#farewell(watcher, options);
    if (from.kind === "snapshot") watcher.begin(this.#snapshot(prefix, options), this.#cacher.revision());
    this.#watchers.add(watcher);
    const join = () => {
      if (!this.#watchers.has(watcher)) return;
      stopListening = this.#cacher.tree.listen(prefix, watcher);
      if (options.bookmarks) this.#bookmarksDue.set(watcher, this.#nextBookmarkMs());
    };
    if (from.kind === "after") this.#resume(watcher, { after: from.revision, prefix, join });
    else join();
    if (signal.aborted) watcher.end();
    return watcher;
  }

  #farewell(watcher: CacheWatcher, { bookmarks, endsInMs = 0 }: WatchOptions): Timer | undefined {
    if (!bookmarks || endsInMs <= FAREWELL_MS) return undefined;
    return this.#clock.setTimer(endsInMs - FAREWELL_MS, () => {
      if (this.#bookmarksDue.has(watcher)) watcher.bookmark(this.#cacher.fedRevision());
    });
  }

  #resume(watcher: CacheWatcher, options: { after: bigint; prefix: string; join: () => void }): void {
    const { after, prefix, join } = options;
    const { history } = this.#cacher;
    const wants = prefix.endsWith("/") ? (key: string) => key.startsWith(prefix) : (key: string) => key === prefix;
    if (after < history.floor) {
      this.#backlogs.add({ watcher, wants, join }, after);
      return;
    }
    for (const change of history.after(after)) if (wants(change.storageKey)) watcher.onChange(change);
    join();
  }

  /** Sends bookmarks to the watchers whose time it is, until `signal` is aborted. */
  async runBookmarks(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#clock.sleep(BOOKMARK_TICK_MS, { signal });
      } catch (reason) {
        if (signal.aborted) return;
        throw reason;
      }
      const nowMs = this.#clock.monotonicMs();
      for (const [watcher, dueMs] of this.#bookmarksDue) {
        if (dueMs > nowMs) continue;
        watcher.bookmark(this.#cacher.fedRevision());
        this.#bookmarksDue.set(watcher, this.#nextBookmarkMs());
      }
    }
  }

  /**
   * Ends every watch in order.
   * @see k8s.io/apiserver v0.36.0 pkg/storage/cacher/cacher.go (terminateAllWatchers)
   */
  endWatches(): void {
    for (const watcher of [...this.#watchers]) watcher.end();
  }

  #snapshot(prefix: string, options: WatchOptions): CachedObject[] {
    if (!prefix.endsWith("/")) {
      const only = this.#cacher.tree.get(prefix);
      return only !== undefined && (options.predicate?.(only.object) ?? true) ? [only] : [];
    }
    const objects: CachedObject[] = [];
    for (const { current } of this.#cacher.slots(prefix)) {
      if (current !== undefined && (options.predicate?.(current.object) ?? true)) objects.push(current);
    }
    return objects;
  }

  #nextBookmarkMs(): number {
    return this.#clock.monotonicMs() + BOOKMARK_MS - BOOKMARK_JITTER_MS + Math.random() * 2 * BOOKMARK_JITTER_MS;
  }
}

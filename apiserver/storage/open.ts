import { setMaxListeners } from "node:events";
import { type Clock, realClock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import { Backlogs } from "./cacher/backlog.ts";
import { Cacher } from "./cacher/cacher.ts";
import { Feed } from "./cacher/feed.ts";
import { Freshness } from "./cacher/freshness.ts";
import { PendingWrites } from "./cacher/pending-writes.ts";
import { EtcdStorage } from "./etcd-storage.ts";
import type { EtcdAdmin } from "./etcd3/admin.ts";
import { runCompactor } from "./etcd3/compactor.ts";
import { GuardedWriter } from "./etcd3/guarded-write.ts";
import { Http2Transport } from "./etcd3/http2-transport.ts";
import { EtcdKv } from "./etcd3/kv.ts";
import { Leases } from "./etcd3/leases.ts";
import { MemberAdmins } from "./etcd3/member-admins.ts";
import { SplitTransport } from "./etcd3/split-transport.ts";
import type { TlsMaterial } from "./etcd3/transport.ts";
import type { EtcdRequestObserver, StorageObserver } from "./observer.ts";
import { ReadPath } from "./read-path.ts";
import { type Storage, StorageError } from "./storage.ts";
import { WritePath } from "./write-path.ts";

export interface StorageConfig {
  /** `https://127.0.0.1:2379` …; the next is tried when one does not answer. */
  readonly endpoints: readonly string[];
  readonly tls?: TlsMaterial;
  /** Without a slash at the end. Default `/registry`. */
  readonly prefix?: string;
  /** Milliseconds; 0 never compacts. Default 5 minutes. */
  readonly compactionIntervalMs?: number;
  /** How long a write may take before its outcome counts as unknown. Default 7 s: etcd's own limit with its default timings. */
  readonly writeTimeoutMs?: number;
  /** How long a consistent read waits for etcd. Default 3 s. */
  readonly readTimeoutMs?: number;
  /** How long the start waits for an etcd that serves. Default 60 s. */
  readonly startTimeoutMs?: number;
  /** Events a watcher may be behind before it is closed. Default 8,192. */
  readonly maxPendingEvents?: number;
  /** The same in bytes of objects. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** The window of changes watches can resume from. Default 50,000 changes, 64 MiB, 5 minutes. */
  readonly history?: { readonly maxChanges: number; readonly maxBytes: number; readonly maxAgeMs: number };
}

export interface StorageDeps {
  /** What the control plane takes for time: when leases end, bookmarks come and history is compacted. */
  readonly clock: Clock;
  /**
   * How long etcd is waited for. Default the real clock: etcd and the network know no other, and an hour that is jumped over
   * gives no member time to answer.
   */
  readonly networkClock?: Clock;
  readonly log: Logger;
  readonly observer?: StorageObserver;
  readonly requestObserver?: EtcdRequestObserver;
}

export interface StorageMetrics {
  readonly revision: bigint;
  readonly watchers: number;
  readonly historyChanges: number;
  readonly historyBytes: number;
  readonly freshnessRounds: number;
  readonly lostAnswers: number;
}

export interface OpenStorage extends Storage {
  /** Rejects when etcd turns out to have lost what this gateway knows, which can only be started anew then. */
  readonly lost: Promise<never>;
  /** Whether etcd answers a linearizable read within 2 s; asked at most once per second, however often it is called. */
  healthy(signal: AbortSignal): Promise<boolean>;
  metrics(): StorageMetrics;
  /** How many objects lie below a prefix, which ends in `/`. */
  countBelow(prefix: string): number;
  /** Maintenance and Cluster calls to the member with a client URL, for operators' requests. */
  etcdAt(endpoint: string): EtcdAdmin;
  /** Ends all watches, then the connection. Idempotent. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const HISTORY = { maxChanges: 50_000, maxBytes: 64 << 20, maxAgeMs: 300_000 };
const START_RETRY_MS = 250;
/** How often the start says that it waits. */
const START_NEWS_MS = 5_000;
/** With several endpoints: how often it is seen to that the watch does not watch a member that has fallen behind. */
const LAG_CHECK_MS = 1_000;
const HEALTH_TIMEOUT_MS = 2_000;
const HEALTH_INTERVAL_MS = 1_000;

/**
 * Connects to etcd, loads everything below the prefix, and starts to watch.
 * @throws StorageError `Unavailable` when no endpoint has served within the time for the start
 */
export async function openStorage(config: StorageConfig, deps: StorageDeps): Promise<OpenStorage> {
  const { clock, networkClock = realClock, log, observer, requestObserver } = deps;
  const prefix = `${config.prefix ?? "/registry"}/`;
  const writeTimeoutMs = config.writeTimeoutMs ?? 7_000;
  const readTimeoutMs = config.readTimeoutMs ?? 3_000;
  const stopping = new AbortController();
  const stop = stopping.signal;
  setMaxListeners(0, stop);
  let lose: (error: StorageError) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  lost.catch(() => undefined);

  const reach = { endpoints: config.endpoints, tls: config.tls, clock: networkClock };
  const transport = new SplitTransport({
    calls: new Http2Transport({ ...reach, log }),
    streams: new Http2Transport(reach),
  });
  const kv = new EtcdKv(transport, requestObserver && { clock, observer: requestObserver });
  const members = new MemberAdmins(reach);
  const pending = new PendingWrites();
  const cacher = new Cacher({ prefix, pending, limits: config.history ?? HISTORY, clock, log, observer });
  const feed = new Feed({ kv, transport, prefix, cacher, clock: networkClock, log });
  const freshness = new Freshness({
    kv,
    prefix,
    cache: cacher,
    clock: networkClock,
    timeoutMs: readTimeoutMs,
    stop,
    onLag: () => feed.suspect(),
    onTimeTravel: (error) => {
      log.error({ err: error }, "etcd is another one than before");
      lose(error);
    },
  });
  const writer = new GuardedWriter({ kv, clock: networkClock, timeoutMs: writeTimeoutMs });
  const leases = new Leases({ transport, clock, log, stop });
  const reads = new ReadPath({ cacher, freshness, kv, timeoutMs: 30_000, futureWaitMs: 3_000 });
  const writes = new WritePath({
    cacher,
    pending,
    freshness,
    writer,
    leases,
    clock,
    timeoutMs: writeTimeoutMs,
    onLag: () => feed.suspect(),
    observer,
  });
  const backlogs = new Backlogs({ transport, prefix, cacher, log, stop });
  const storage = new EtcdStorage({
    cacher,
    reads,
    writes,
    backlogs,
    clock,
    maxPending: config.maxPendingEvents ?? 8_192,
    maxPendingBytes: config.maxPendingBytes ?? 64 << 20,
  });

  try {
    const timeoutMs = config.startTimeoutMs ?? START_TIMEOUT_MS;
    await loadWhenServing(feed, { clock: networkClock, log }, { timeoutMs, signal: stop });
  } catch (error) {
    transport.close();
    members.close();
    throw error;
  }
  const intervalMs = config.compactionIntervalMs ?? 300_000;
  const loops = [
    feed.run(stop),
    storage.runBookmarks(stop),
    ...(config.endpoints.length > 1 ? [keepUp(freshness, { clock: networkClock, log }, stop)] : []),
    ...(intervalMs > 0 ? [runCompactor({ kv, clock, log }, { intervalMs, signal: stop })] : []),
  ];

  let probe: { readonly atMs: number; readonly result: Promise<boolean> } | undefined;
  const healthy = (signal: AbortSignal): Promise<boolean> => {
    signal.throwIfAborted();
    if (probe === undefined || networkClock.monotonicMs() - probe.atMs > HEALTH_INTERVAL_MS) {
      const range = kv.range({ key: `${prefix}health`, limit: 1 }, { timeoutMs: HEALTH_TIMEOUT_MS, signal: stop });
      const result = range.then(
        () => true,
        () => false,
      );
      probe = { atMs: networkClock.monotonicMs(), result };
    }
    return probe.result;
  };

  return Object.assign(storage, {
    lost,
    healthy,
    etcdAt: (endpoint: string) => members.at(endpoint),
    metrics: () => ({
      revision: cacher.revision(),
      watchers: storage.watcherCount,
      historyChanges: cacher.history.size,
      historyBytes: cacher.history.sizeBytes,
      freshnessRounds: freshness.rounds,
      lostAnswers: writer.lostAnswers,
    }),
    countBelow: (prefix: string) => cacher.tree.folder(prefix).count,
    stop: async () => {
      storage.endWatches();
      stopping.abort(new Error("storage stopped"));
      await Promise.all(loops);
      transport.close();
      members.close();
    },
  });
}

/** An etcd without a majority is waited for, with a line about it now and then. */
async function loadWhenServing(
  feed: Feed,
  { clock, log }: Pick<StorageDeps, "clock" | "log">,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const startedMs = clock.monotonicMs();
  let saidMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      await feed.load(signal);
      if (saidMs > 0) log.info({ durationMs: Math.round(clock.monotonicMs() - startedMs) }, "etcd serves");
      return;
    } catch (error) {
      const nowMs = clock.monotonicMs();
      if (signal.aborted || !isUnavailable(error) || nowMs - startedMs >= timeoutMs) throw error;
      if (nowMs - saidMs >= START_NEWS_MS) {
        saidMs = nowMs;
        const waitsMs = Math.round(timeoutMs - (nowMs - startedMs));
        log.warn({ reason: error.message, waitsMs }, "etcd does not serve yet: waiting for it");
      }
    }
    await clock.sleep(START_RETRY_MS, { signal });
  }
}

function isUnavailable(error: unknown): error is StorageError {
  return error instanceof StorageError && error.code === "Unavailable";
}

/** While nobody reads or writes, nobody would notice that the watch has stayed behind. */
async function keepUp(
  freshness: Freshness,
  { clock, log }: Pick<StorageDeps, "clock" | "log">,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(LAG_CHECK_MS, { signal });
      await freshness.consistent({ signal });
    } catch (err) {
      if (signal.aborted) return;
      log.debug({ err }, "memory could not be compared with etcd");
    }
  }
}

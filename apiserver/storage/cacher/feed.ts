import type { Clock } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import type { EtcdKv } from "../etcd3/kv.ts";
import { type KeyValue, prefixEnd } from "../etcd3/kv-messages.ts";
import type { Transport } from "../etcd3/transport.ts";
import { type EtcdWatch, type WatchEnd, watchEtcd } from "../etcd3/watch-stream.ts";
import type { Cacher } from "./cacher.ts";

const FIRST_PAGE = 500;
const PAGE = 5_000;
const PAGE_TIMEOUT_MS = 30_000;
const RETRY_FIRST_MS = 20;
const RETRY_MAX_MS = 1_000;
const SUSPECT_PAUSE_MS = 300;

/** Keeps the cache fed: one page-wise read at one revision, then one watch over the whole prefix, resumed for ever. */
export class Feed {
  readonly #kv: EtcdKv;
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #cacher: Cacher;
  readonly #clock: Clock;
  readonly #log: Logger;
  #watch: EtcdWatch | undefined;
  #suspectedMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    kv: EtcdKv;
    transport: Transport;
    prefix: string;
    cacher: Cacher;
    clock: Clock;
    log: Logger;
  }) {
    this.#kv = options.kv;
    this.#transport = options.transport;
    this.#prefix = options.prefix;
    this.#cacher = options.cacher;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Reads the whole state into the empty cache. @throws StorageError */
  async load(signal: AbortSignal): Promise<void> {
    // Not page by page: when one fails, the cache is still empty for the next attempt.
    const pages: (readonly KeyValue[])[] = [];
    const revision = await this.#read((kvs) => pages.push(kvs), signal);
    for (const page of pages) this.#cacher.load(page);
    this.#cacher.loaded(revision);
  }

  /** The watch lags behind what etcd has: if its member or connection is to blame, it is resumed on another one. */
  suspect(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#suspectedMs < SUSPECT_PAUSE_MS) return;
    this.#suspectedMs = nowMs;
    this.#watch?.suspect();
  }

  /** Watches until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let delayMs = RETRY_FIRST_MS;
    let brokenSinceMs: number | undefined;
    const created = () => {
      if (brokenSinceMs === undefined) return;
      const durationMs = Math.round(this.#clock.monotonicMs() - brokenSinceMs);
      brokenSinceMs = undefined;
      this.#log.info({ revision: String(this.#cacher.fedRevision()), durationMs }, "the watch on etcd goes on");
    };
    while (!signal.aborted) {
      const before = this.#cacher.fedRevision();
      const end = await this.#watchOnce(created, signal);
      this.#watch = undefined;
      if (signal.aborted) return;
      if (this.#cacher.fedRevision() > before) delayMs = RETRY_FIRST_MS;
      // One line when it breaks and one when it goes on, however often it fails in between.
      const fields = { revision: String(this.#cacher.fedRevision()), reason: end.kind, ...errorOf(end) };
      if (brokenSinceMs === undefined) this.#log.warn(fields, "the watch on etcd ended");
      else this.#log.debug(fields, "the watch on etcd ended again");
      brokenSinceMs ??= this.#clock.monotonicMs();
      try {
        await this.#clock.sleep(delayMs, { signal });
        delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
        if (end.kind === "compacted") await this.#relist(signal);
      } catch (err) {
        if (signal.aborted) return;
        this.#log.warn({ err }, "reading the state anew failed");
      }
    }
  }

  #watchOnce(created: () => void, signal: AbortSignal): Promise<WatchEnd> {
    return new Promise((resolve) => {
      const onAbort = () => resolve({ kind: "lost", error: undefined });
      signal.addEventListener("abort", onAbort, { once: true });
      this.#watch = watchEtcd(
        this.#transport,
        {
          key: this.#prefix,
          rangeEnd: prefixEnd(this.#prefix),
          startRevision: this.#cacher.fedRevision() + 1n,
          prevKv: false,
        },
        {
          created,
          events: (events) => this.#cacher.apply(events),
          end: (end) => {
            signal.removeEventListener("abort", onAbort);
            resolve(end);
          },
        },
        { signal },
      );
    });
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const all: KeyValue[] = [];
    const revision = await this.#read((kvs) => all.push(...kvs), signal);
    this.#cacher.replace(all, revision);
  }

  /** @returns the revision that all pages are of */
  async #read(take: (kvs: readonly KeyValue[]) => void, signal: AbortSignal): Promise<bigint> {
    const rangeEnd = prefixEnd(this.#prefix);
    let key = this.#prefix;
    let revision: bigint | undefined;
    for (;;) {
      const page = await this.#kv.range(
        { key, rangeEnd, limit: revision === undefined ? FIRST_PAGE : PAGE, ...(revision ? { revision } : {}) },
        { timeoutMs: PAGE_TIMEOUT_MS, signal },
      );
      revision ??= page.revision;
      take(page.kvs);
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return revision;
      key = `${last.key}\0`;
    }
  }
}

function errorOf(end: WatchEnd): { error?: string } {
  return end.kind === "lost" && end.error !== undefined ? { error: end.error.message } : {};
}

import type { Clock } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import type { EtcdKv } from "../etcd3/kv.ts";
import { type KeyValue, prefixEnd } from "../etcd3/kv-messages.ts";
import type { Transport } from "../etcd3/transport.ts";
import { type WatchEnd, watchEtcd } from "../etcd3/watch-stream.ts";
import type { Cacher } from "./cacher.ts";

const FIRST_PAGE = 500;
const PAGE = 5_000;
const PAGE_TIMEOUT_MS = 30_000;
const RETRY_FIRST_MS = 20;
const RETRY_MAX_MS = 1_000;

/** Keeps the cache fed: one page-wise read at one revision, then one watch over the whole prefix, resumed for ever. */
export class Feed {
  readonly #kv: EtcdKv;
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #cacher: Cacher;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** False while the watch is broken. */
  connected = false;

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
    const revision = await this.#read((kvs) => this.#cacher.load(kvs), signal);
    this.#cacher.loaded(revision);
  }

  /** Watches until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let delayMs = RETRY_FIRST_MS;
    while (!signal.aborted) {
      const before = this.#cacher.fedRevision();
      const end = await this.#watch(signal);
      this.connected = false;
      if (signal.aborted) return;
      if (this.#cacher.fedRevision() > before) delayMs = RETRY_FIRST_MS;
      this.#log.warn({ revision: String(this.#cacher.fedRevision()), reason: end.kind }, "the watch on etcd ended");
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

  #watch(signal: AbortSignal): Promise<WatchEnd> {
    return new Promise((resolve) => {
      const onAbort = () => resolve({ kind: "lost", error: undefined });
      signal.addEventListener("abort", onAbort, { once: true });
      watchEtcd(
        this.#transport,
        {
          key: this.#prefix,
          rangeEnd: prefixEnd(this.#prefix),
          startRevision: this.#cacher.fedRevision() + 1n,
          prevKv: false,
        },
        {
          created: () => {
            this.connected = true;
          },
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

import { CachedObject } from "./cacher/cached-object.ts";
import type { Cacher } from "./cacher/cacher.ts";
import type { Freshness } from "./cacher/freshness.ts";
import { firstAfter, type Slot } from "./cacher/tree.ts";
import type { EtcdKv } from "./etcd3/kv.ts";
import { prefixEnd } from "./etcd3/kv-messages.ts";
import {
  type ListOptions,
  type ListResult,
  type Predicate,
  type ReadOptions,
  type ReadVersion,
  StorageError,
  type StoredObject,
  type Waiting,
} from "./storage.ts";

export interface ReadPathDeps {
  readonly cacher: Cacher;
  readonly freshness: Freshness;
  readonly kv: EtcdKv;
  readonly timeoutMs: number;
  /** How long a revision that is still to come is waited for. Upstream: 3 s. */
  readonly futureWaitMs: number;
}

const PAGE = 5_000;

/** get and list: from memory once memory is new enough, and from etcd only for revisions that have left it. */
export class ReadPath {
  readonly #deps: ReadPathDeps;

  constructor(deps: ReadPathDeps) {
    this.#deps = deps;
  }

  /** @throws StorageError */
  async get(storageKey: string, options: ReadOptions): Promise<StoredObject> {
    if (options.version.kind !== "any") await this.settle(options.version, options);
    const found = this.#deps.cacher.tree.get(storageKey);
    if (found === undefined) throw new StorageError("NotFound", storageKey, `key ${storageKey} not found`);
    found.check();
    return found;
  }

  /** @throws StorageError */
  async list(prefix: string, options: ListOptions): Promise<ListResult> {
    const { version } = options;
    if (version.kind !== "exact") {
      if (version.kind !== "any") await this.settle(version, options);
      return this.#fromMemory(prefix, this.#deps.cacher.revision(), options);
    }
    const { revision } = version;
    if (this.#deps.cacher.revision() < revision) {
      await this.settle({ kind: "notOlderThan", revision }, options);
    }
    if (this.#inMemory(prefix, revision)) return this.#fromMemory(prefix, revision, options);
    return await this.#fromEtcd(prefix, revision, options);
  }

  /** Resolves when memory is as new as `version` asks. @throws StorageError `FutureRevision`, `Unavailable` */
  async settle(version: ReadVersion, waiting: Waiting): Promise<void> {
    if (version.kind === "any") return;
    if (version.kind === "consistent") return await this.#deps.freshness.consistent(waiting);
    if (this.#deps.cacher.revision() < version.revision) await this.#await(version.revision, waiting.signal);
  }

  async #await(revision: bigint, signal: AbortSignal): Promise<void> {
    const { cacher, freshness, futureWaitMs } = this.#deps;
    if (await cacher.reached(revision, { timeoutMs: 100, signal })) return;
    const current = await freshness.current();
    if (current >= revision) return await freshness.catchUp(revision, signal);
    if (await cacher.reached(revision, { timeoutMs: futureWaitMs, signal })) return;
    throw new StorageError("FutureRevision", "", `revision ${revision} is still to come`, {
      currentRevision: current,
    });
  }

  /** @throws StorageError `Expired` when etcd has compacted `revision` away */
  async requireRevision(prefix: string, revision: bigint, signal: AbortSignal): Promise<void> {
    const { kv, timeoutMs } = this.#deps;
    await kv.range({ key: prefix, countOnly: true, revision }, { timeoutMs, signal });
  }

  /** Nothing below the prefix has changed since, as far back as this process can know. */
  #inMemory(prefix: string, revision: bigint): boolean {
    const { cacher } = this.#deps;
    return revision >= cacher.loadedRevision() && revision >= cacher.tree.folder(prefix).lastChange;
  }

  #fromMemory(prefix: string, revision: bigint, options: ListOptions): ListResult {
    const slots = this.#deps.cacher.slots(prefix);
    const start = options.after === "" ? 0 : firstAfter(slots, options.after);
    const { items, next } = take(slots, start, options);
    const remaining = slots.length - next;
    return { items, revision, more: remaining > 0, remaining };
  }

  async #fromEtcd(prefix: string, revision: bigint, options: ListOptions): Promise<ListResult> {
    const { kv, timeoutMs } = this.#deps;
    const { limit, predicate, signal } = options;
    const rangeEnd = prefixEnd(prefix);
    const items: StoredObject[] = [];
    let key = options.after === "" ? prefix : `${options.after}\0`;
    for (;;) {
      const want = limit === 0 ? PAGE : Math.min(limit - items.length, PAGE);
      const page = await kv.range({ key, rangeEnd, limit: want, revision }, { timeoutMs, signal });
      let seen = 0;
      for (const found of page.kvs) {
        seen++;
        const object = new CachedObject(found.key, found.modRevision, found.value);
        if (wanted(object, predicate)) items.push(object);
      }
      const remaining = page.count - seen;
      const last = page.kvs.at(-1);
      const full = limit > 0 && items.length >= limit;
      if (full || remaining <= 0 || last === undefined) {
        return { items, revision, more: full && remaining > 0, remaining: full ? remaining : 0 };
      }
      key = `${last.key}\0`;
    }
  }
}

/** Up to `limit` objects from `start` on that match; `next` is the index after the last one looked at. */
function take(
  slots: readonly Slot[],
  start: number,
  options: { limit: number; predicate?: Predicate },
): { items: StoredObject[]; next: number } {
  const { limit, predicate } = options;
  const items: StoredObject[] = [];
  for (let at = start; at < slots.length; at++) {
    const object = slots[at]?.current;
    if (object === undefined) continue;
    if (limit > 0 && items.length === limit) return { items, next: at };
    if (wanted(object, predicate)) items.push(object);
  }
  return { items, next: slots.length };
}

function wanted(object: CachedObject, predicate: Predicate | undefined): boolean {
  object.check();
  return predicate === undefined || predicate(object.object);
}

import type { ApiObject } from "../../api/meta.ts";
import {
  type CachedReader,
  type ListOptions,
  type ListResult,
  type ReadOptions,
  type Storage,
  StorageError,
  type StoredObject,
  type UpdateDecision,
  type UpdateResult,
  type WatchEvent,
  type Watcher,
  type WatchOptions,
  type WriteContext,
} from "../../apiserver/storage/storage.ts";

class FakeStored implements StoredObject {
  readonly storageKey: string;
  readonly revision: bigint;
  readonly object: Readonly<ApiObject>;

  constructor(storageKey: string, revision: bigint, object: ApiObject) {
    this.storageKey = storageKey;
    this.revision = revision;
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    this.object = deepFreeze({ ...object, metadata });
  }

  bytes(): Buffer {
    return Buffer.from(JSON.stringify(this.object));
  }

  itemBytes(): Buffer {
    const { kind: _kind, apiVersion: _apiVersion, ...item } = this.object;
    return Buffer.from(JSON.stringify(item));
  }
}

/** Shared objects must not be changed by anybody: here that throws. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
  return value;
}

interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly stored: StoredObject;
  readonly previous: StoredObject | undefined;
}

/** Storage in memory: one revision per write, the whole history kept. For tests of what stands on storage. */
export class FakeStorage implements Storage {
  #revision = 1n;
  readonly #objects = new Map<string, StoredObject>();
  readonly #changes: Change[] = [];
  readonly #wakers = new Set<() => void>();
  /** Runs before each guarded write, so that a test can be the faster writer. */
  beforeWrite: ((storageKey: string) => Promise<void>) | undefined;
  /** Revisions at or below are gone. */
  compacted = 0n;

  readonly cached: CachedReader = {
    get: (key) => this.#objects.get(key),
    list: (prefix) => this.#below(prefix),
    onChange: () => () => undefined,
  };

  currentRevision(): bigint {
    return this.#revision;
  }

  get keys(): string[] {
    return [...this.#objects.keys()].sort();
  }

  async create(
    key: string,
    object: ApiObject,
    _options: WriteContext & { ttlSeconds?: number },
  ): Promise<StoredObject> {
    await this.beforeWrite?.(key);
    if (this.#objects.has(key)) throw new StorageError("Exists", key, "exists");
    return this.#put(key, object);
  }

  async get(key: string, options: ReadOptions): Promise<StoredObject> {
    this.#checkVersion(options.version);
    const stored = this.#objects.get(key);
    if (stored === undefined) throw new StorageError("NotFound", key, "not found");
    return stored;
  }

  async list(prefix: string, options: ListOptions): Promise<ListResult> {
    const { version, limit, after, predicate } = options;
    this.#checkVersion(version);
    let revision = this.#revision;
    let all = this.#below(prefix);
    if (version.kind === "exact") {
      if (version.revision <= this.compacted) throw new StorageError("Expired", prefix, "compacted");
      revision = version.revision;
      all = this.#at(prefix, revision);
    }
    const rest = all.filter((stored) => stored.storageKey > after);
    const wanted = rest.filter((stored) => predicate?.(stored.object) ?? true);
    const items = limit > 0 ? wanted.slice(0, limit) : wanted;
    const last = items.at(-1);
    const more = items.length < wanted.length;
    const remaining = more && last ? rest.filter((stored) => stored.storageKey > last.storageKey).length : 0;
    return { items, revision, more, remaining };
  }

  async watch(prefix: string, options: WatchOptions): Promise<Watcher> {
    const { from, predicate, signal } = options;
    if (from.kind === "after" && from.revision < this.compacted) {
      throw new StorageError("Expired", prefix, "compacted", { currentRevision: this.compacted });
    }
    if (from.kind !== "after") this.#checkVersion(from.read);
    const matches = predicate ?? (() => true);
    const initial: WatchEvent[] = [];
    const start = this.#revision;
    if (from.kind === "snapshot") {
      for (const stored of this.#below(prefix)) if (matches(stored.object)) initial.push(event("ADDED", stored));
      initial.push({ type: "BOOKMARK", revision: start, initialEventsEnd: true, line: () => Buffer.alloc(0) });
    }
    let next = this.#changes.length;
    if (from.kind === "after") next = this.#changes.findIndex(({ stored }) => stored.revision > from.revision);
    if (next < 0) next = this.#changes.length;
    const changes = this.#changes;
    const wait = () =>
      new Promise<void>((resolve) => {
        const wake = () => {
          this.#wakers.delete(wake);
          resolve();
        };
        this.#wakers.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    return {
      id: 1,
      onOverflow: () => undefined,
      async *[Symbol.asyncIterator]() {
        if (initial.length > 0) yield initial;
        while (!signal.aborted) {
          const change = changes[next];
          if (change === undefined) {
            await wait();
            continue;
          }
          next++;
          if (!change.stored.storageKey.startsWith(prefix)) continue;
          const seen = transition(change, matches);
          if (seen !== undefined) yield [seen];
        }
      },
    };
  }

  async update(
    key: string,
    decide: (current: StoredObject | undefined) => UpdateDecision | Promise<UpdateDecision>,
    _options: WriteContext,
  ): Promise<UpdateResult> {
    for (;;) {
      const current = this.#objects.get(key);
      const decision = await decide(current);
      if (decision.kind === "keep") {
        if (current === undefined) throw new StorageError("NotFound", key, "not found");
        return { kind: "kept", stored: current };
      }
      await this.beforeWrite?.(key);
      if (this.#objects.get(key) !== current) continue;
      if (decision.kind === "put") {
        return { kind: current ? "updated" : "created", stored: this.#put(key, decision.object) };
      }
      if (current === undefined) throw new StorageError("NotFound", key, "not found");
      return { kind: "deleted", stored: this.#delete(key, current) };
    }
  }

  #checkVersion(version: ListOptions["version"]): void {
    if ((version.kind === "notOlderThan" || version.kind === "exact") && version.revision > this.#revision) {
      throw new StorageError("FutureRevision", "", `revision ${version.revision} is in the future`, {
        currentRevision: this.#revision,
      });
    }
  }

  #put(key: string, object: ApiObject): StoredObject {
    const previous = this.#objects.get(key);
    const stored = new FakeStored(key, ++this.#revision, object);
    this.#objects.set(key, stored);
    this.#record({ type: previous ? "MODIFIED" : "ADDED", stored, previous });
    return stored;
  }

  #delete(key: string, previous: StoredObject): StoredObject {
    this.#objects.delete(key);
    const stored = new FakeStored(key, ++this.#revision, previous.object);
    this.#record({ type: "DELETED", stored, previous });
    return stored;
  }

  #record(change: Change): void {
    this.#changes.push(change);
    for (const wake of [...this.#wakers]) wake();
  }

  #below(prefix: string): StoredObject[] {
    const found = [...this.#objects.values()].filter(({ storageKey }) => storageKey.startsWith(prefix));
    return found.sort((a, b) => (a.storageKey < b.storageKey ? -1 : 1));
  }

  #at(prefix: string, revision: bigint): StoredObject[] {
    const objects = new Map<string, StoredObject>();
    for (const { type, stored } of this.#changes) {
      if (stored.revision > revision || !stored.storageKey.startsWith(prefix)) continue;
      if (type === "DELETED") objects.delete(stored.storageKey);
      else objects.set(stored.storageKey, stored);
    }
    return [...objects.values()].sort((a, b) => (a.storageKey < b.storageKey ? -1 : 1));
  }
}

function event(type: "ADDED" | "MODIFIED" | "DELETED", stored: StoredObject): WatchEvent {
  const line = () => Buffer.concat([Buffer.from(`{"type":"${type}","object":`), stored.bytes(), Buffer.from("}\n")]);
  return { type, revision: stored.revision, object: stored, line };
}

function transition(change: Change, matches: (object: Readonly<ApiObject>) => boolean): WatchEvent | undefined {
  const { type, stored, previous } = change;
  const before = previous !== undefined && matches(previous.object);
  const after = type !== "DELETED" && matches(stored.object);
  if (after) return event(before ? "MODIFIED" : "ADDED", stored);
  if (!before || previous === undefined) return undefined;
  return event("DELETED", new FakeStored(stored.storageKey, stored.revision, previous.object));
}

import { type ApiObject, keyOf, keyString, type ObjectKey } from "../api/meta.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { IndexedStore, type IndexFunctions } from "./indexed-store.ts";
import type { Informer, InformerHandler, InformerOptions } from "./informer.ts";
import type { JitteredBackoffOptions } from "./jittered-backoff.ts";
import { Reflector, type ReflectorSink } from "./reflector.ts";
import type { RestClient } from "./rest-client.ts";

export interface InformerDeps {
  readonly client: Pick<RestClient, "list" | "watch">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
  /** Between attempts to reach the server. Default: the reflector's. */
  readonly backoff?: JitteredBackoffOptions;
}

/** An informer that several parts of a process share, each with the indexes it needs. */
export interface IndexableInformer<T extends ApiObject> extends Informer<T> {
  /** Names that are known already keep their function. */
  addIndexers(indexers: IndexFunctions<T>): void;
}

/** An {@link Informer}; nothing happens before `run`. */
export function createInformer<T extends ApiObject>(
  options: InformerOptions<T>,
  deps: InformerDeps,
): IndexableInformer<T> {
  return new SharedInformer(options, deps);
}

/** @see k8s.io/client-go v0.36.0 tools/cache/shared_informer.go */
class SharedInformer<T extends ApiObject> implements IndexableInformer<T>, ReflectorSink<T> {
  readonly #options: InformerOptions<T>;
  readonly #deps: InformerDeps;
  readonly #store: IndexedStore<T>;
  readonly #handlers: InformerHandler<T>[] = [];
  readonly #waitingForSync = new Set<() => void>();
  #hasSynced = false;
  #lastSeenRevision = "";

  constructor(options: InformerOptions<T>, deps: InformerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#store = new IndexedStore(options.indexers);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get lastSeenRevision(): string {
    return this.#lastSeenRevision;
  }

  get(key: ObjectKey): Readonly<T> | undefined {
    return this.#store.get(key);
  }

  list(namespace?: string): readonly Readonly<T>[] {
    return this.#store.list(namespace);
  }

  byIndex(index: string, value: string): readonly Readonly<T>[] {
    return this.#store.byIndex(index, value);
  }

  addIndexers(indexers: IndexFunctions<T>): void {
    for (const [name, indexFunction] of Object.entries(indexers)) this.#store.addIndex(name, indexFunction);
  }

  addHandler(handler: InformerHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.#store.list()) {
      this.#notify(object as T, () => handler.onAdd?.(object, { isInInitialList: true }));
    }
  }

  whenSynced(options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (this.#hasSynced) return resolve();
      if (signal.aborted) return reject(signal.reason);
      const synced = () => {
        signal.removeEventListener("abort", aborted);
        resolve();
      };
      const aborted = () => {
        this.#waitingForSync.delete(synced);
        reject(signal.reason);
      };
      this.#waitingForSync.add(synced);
      signal.addEventListener("abort", aborted, { once: true });
    });
  }

  async run(options: { signal: AbortSignal }): Promise<void> {
    const { kind, namespace, labelSelector, fieldSelector } = this.#options;
    const { backoff, ...deps } = this.#deps;
    const reflector = new Reflector<T>(
      { kind, namespace, labelSelector, fieldSelector, ...(backoff !== undefined && { backoff }) },
      { ...deps, sink: this },
    );
    await reflector.run(options);
  }

  replace(items: readonly T[], revision: string): void {
    const isInInitialList = !this.#hasSynced;
    this.#lastSeenRevision = revision;
    const gone = new Set(this.#store.keys());
    for (const item of items) {
      const object = this.#prepare(item);
      const key = keyString(keyOf(object));
      gone.delete(key);
      this.#set(key, object, isInInitialList);
    }
    for (const key of gone) this.#delete(key, undefined);
    if (isInInitialList) {
      this.#hasSynced = true;
      for (const synced of this.#waitingForSync) synced();
      this.#waitingForSync.clear();
    }
  }

  apply(change: "ADDED" | "MODIFIED" | "DELETED", received: T): void {
    const object = this.#prepare(received);
    const key = keyString(keyOf(object));
    // The handlers of this event may already say that they have seen it.
    this.#lastSeenRevision = object.metadata?.resourceVersion ?? this.#lastSeenRevision;
    if (change === "DELETED") this.#delete(key, object);
    else this.#set(key, object, false);
  }

  reached(revision: string): void {
    this.#lastSeenRevision = revision;
  }

  #prepare(object: T): T {
    if (object.metadata?.managedFields !== undefined) {
      const { managedFields: _dropped, ...metadata } = object.metadata;
      object.metadata = metadata;
    }
    return this.#options.transform === undefined ? object : this.#options.transform(object);
  }

  #set(key: string, object: T, isInInitialList: boolean): void {
    const old = this.#store.set(key, object);
    for (const handler of this.#handlers) {
      if (old === undefined) this.#notify(object, () => handler.onAdd?.(object, { isInInitialList }));
      else this.#notify(object, () => handler.onUpdate?.(old, object));
    }
  }

  #delete(key: string, lastState: T | undefined): void {
    const old = this.#store.delete(key);
    const object = lastState ?? (old as T | undefined);
    if (object === undefined) return;
    for (const handler of this.#handlers) this.#notify(object, () => handler.onDelete?.(object));
  }

  /** One handler's mistake must not cost the others their event, nor the store its watch. */
  #notify(object: ApiObject, call: () => void): void {
    try {
      call();
    } catch (err) {
      const { namespace, name } = keyOf(object);
      this.#deps.log.error({ kind: this.#options.kind.kind, namespace, name, err }, "an informer's handler failed");
    }
  }
}

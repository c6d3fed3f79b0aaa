import type { Kind } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { Predicate, StoredObject, WatchEvent, Watcher } from "../storage/storage.ts";

/** How a kind's objects are seen where they are stored as another kind's (events.k8s.io Events lie as v1 Events). */
export interface ObjectView {
  /** The stored form. */
  toStored(object: ApiObject): ApiObject;
  fromStored(object: Readonly<ApiObject>): Readonly<ApiObject>;
  stored(stored: StoredObject): StoredObject;
  predicate(predicate: Predicate | undefined): Predicate | undefined;
  watcher(watcher: Watcher): Watcher;
}

const asItIs: ObjectView = {
  toStored: (object) => object,
  fromStored: (object) => object,
  stored: (stored) => stored,
  predicate: (predicate) => predicate,
  watcher: (watcher) => watcher,
};

/** The view of a kind; kinds that are stored as themselves cost nothing. */
export function viewOf(kind: Kind): ObjectView {
  const as = kind.storage?.as;
  if (as === undefined) return asItIs;
  const views = new WeakMap<StoredObject, StoredObject>();
  const stored = (original: StoredObject): StoredObject => {
    let view = views.get(original);
    if (view === undefined) {
      view = new DetachedObject(original.storageKey, original.revision, as.fromStored(original.object));
      views.set(original, view);
    }
    return view;
  };
  return {
    toStored: (object) => as.toStored(object),
    fromStored: (object) => as.fromStored(object),
    stored,
    predicate: (predicate) => predicate && ((object) => predicate(as.fromStored(object))),
    watcher: (watcher) => new ViewWatcher(watcher, stored),
  };
}

/** An object that storage does not hold in this form: a dry run's result, a view. Encoded when first asked for. */
export class DetachedObject implements StoredObject {
  readonly storageKey: string;
  readonly revision: bigint;
  readonly object: Readonly<ApiObject>;
  #bytes: Buffer | undefined;

  constructor(key: string, revision: bigint, object: Readonly<ApiObject>) {
    this.storageKey = key;
    this.revision = revision;
    this.object = object;
  }

  bytes(): Buffer {
    this.#bytes ??= Buffer.from(JSON.stringify(this.object));
    return this.#bytes;
  }

  itemBytes(): Buffer {
    const { apiVersion: _apiVersion, kind: _kind, ...item } = this.object;
    return Buffer.from(JSON.stringify(item));
  }
}

class ViewWatcher implements Watcher {
  readonly id: number;
  readonly #inner: Watcher;
  readonly #view: (stored: StoredObject) => StoredObject;

  constructor(inner: Watcher, view: (stored: StoredObject) => StoredObject) {
    this.id = inner.id;
    this.#inner = inner;
    this.#view = view;
  }

  onOverflow(listener: () => void): void {
    this.#inner.onOverflow(listener);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<readonly WatchEvent[]> {
    for await (const batch of this.#inner) yield batch.map((event) => this.#event(event));
  }

  #event(event: WatchEvent): WatchEvent {
    if (event.object === undefined) return event;
    const object = this.#view(event.object);
    const { type, revision } = event;
    return {
      type,
      revision,
      object,
      line: () => Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object.bytes(), Buffer.from("}\n")]),
    };
  }
}

import type { CachedObject } from "./cached-object.ts";
import type { Change } from "./change.ts";

/** Where one key's newest state lies; the slot stays the same while the state changes, so sorted lists stay valid. */
export interface Slot {
  readonly key: string;
  /** undefined: deleted, and soon to be swept out of its folder's list. */
  current: CachedObject | undefined;
}

/** Whoever wants to hear of each change below a folder. */
export interface ChangeListener {
  onChange(change: Change): void;
}

/** All keys below one prefix that ends with `/`. */
class Folder {
  readonly path: string;
  readonly parent: Folder | undefined;
  readonly listeners = new Set<ChangeListener>();
  /** The newest revision that changed anything below, deletes included. */
  lastChange: bigint;
  /** Keys below, subfolders included. */
  count = 0;
  readonly #folders = new Map<string, Folder>();
  #sorted: Slot[] = [];
  #added: Slot[] = [];
  #removed = 0;
  #flat: readonly Slot[] | undefined;

  constructor(path: string, parent: Folder | undefined, revision: bigint) {
    this.path = path;
    this.parent = parent;
    this.lastChange = revision;
    parent?.adopt(this);
  }

  adopt(folder: Folder): void {
    this.#folders.set(folder.path, folder);
    this.#flat = undefined;
  }

  drop(folder: Folder): void {
    this.#folders.delete(folder.path);
  }

  /** Nothing is below and nobody listens. */
  get isIdle(): boolean {
    return this.count === 0 && this.listeners.size === 0 && this.#folders.size === 0;
  }

  add(slot: Slot): void {
    this.#added.push(slot);
    this.#counted(1);
  }

  /** To be called after `slot.current` has been cleared. */
  remove(): void {
    this.#removed++;
    this.#counted(-1);
  }

  touch(revision: bigint): void {
    for (let folder: Folder | undefined = this; folder !== undefined; folder = folder.parent) {
      folder.lastChange = revision;
    }
  }

  /** Every live slot below, in key order. Made anew only when keys have come or gone. */
  slots(): readonly Slot[] {
    this.#flat ??= this.#folders.size === 0 ? this.#own() : this.#flatten();
    return this.#flat;
  }

  #counted(by: number): void {
    for (let folder: Folder | undefined = this; folder !== undefined; folder = folder.parent) {
      folder.count += by;
      folder.#flat = undefined;
    }
  }

  #own(): Slot[] {
    if (this.#removed > 0) {
      this.#sorted = this.#sorted.filter(isLive);
      this.#added = this.#added.filter(isLive);
      this.#removed = 0;
    }
    if (this.#added.length > 0) {
      const added = this.#added.sort(byKey);
      this.#added = [];
      this.#sorted = this.#sorted.length === 0 ? added : merge(this.#sorted, added);
    }
    return this.#sorted;
  }

  /** Own keys and subfolders in the order of their paths; a folder's path ends with `/`, so this is key order. */
  #flatten(): Slot[] {
    const folders = [...this.#folders.values()].filter((folder) => folder.count > 0);
    folders.sort((a, b) => (a.path < b.path ? -1 : 1));
    const own = this.#own();
    const all: Slot[] = [];
    let next = 0;
    for (const folder of folders) {
      for (; next < own.length; next++) {
        const slot = own[next];
        if (slot === undefined || slot.key > folder.path) break;
        all.push(slot);
      }
      for (const slot of folder.slots()) all.push(slot);
    }
    for (; next < own.length; next++) {
      const slot = own[next];
      if (slot !== undefined) all.push(slot);
    }
    return all;
  }
}

/** The index in `slots` of the first key after `key`. */
export function firstAfter(slots: readonly Slot[], key: string): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle]?.key ?? "") > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isLive(slot: Slot): boolean {
  return slot.current !== undefined;
}

function byKey(a: Slot, b: Slot): number {
  return a.key < b.key ? -1 : 1;
}

function merge(left: readonly Slot[], right: readonly Slot[]): Slot[] {
  const merged: Slot[] = [];
  let l = 0;
  let r = 0;
  for (;;) {
    const a = left[l];
    const b = right[r];
    if (a === undefined && b === undefined) return merged;
    if (b === undefined || (a !== undefined && a.key < b.key)) {
      if (a !== undefined) merged.push(a);
      l++;
    } else {
      merged.push(b);
      r++;
    }
  }
}

/** All objects below the root prefix, by key and by folder. */
export class ObjectTree {
  readonly root: Folder;
  readonly #slots = new Map<string, Slot>();
  /** Those with something in them, or somebody who listens. */
  readonly #folders = new Map<string, Folder>();
  readonly #keyListeners = new Map<string, Set<ChangeListener>>();

  constructor(prefix: string, revision: bigint) {
    this.root = new Folder(prefix, undefined, revision);
    this.#folders.set(prefix, this.root);
  }

  get size(): number {
    return this.root.count;
  }

  get folderCount(): number {
    return this.#folders.size;
  }

  get(key: string): CachedObject | undefined {
    return this.#slots.get(key)?.current;
  }

  put(object: CachedObject): void {
    const folder = this.#make(folderPath(object.storageKey));
    const slot = this.#slots.get(object.storageKey);
    if (slot !== undefined) {
      slot.current = object;
    } else {
      const created = { key: object.storageKey, current: object };
      this.#slots.set(object.storageKey, created);
      folder.add(created);
    }
    folder.touch(object.revision);
  }

  delete(key: string, revision: bigint): void {
    const slot = this.#slots.get(key);
    const folder = this.#nearest(folderPath(key));
    folder.touch(revision);
    if (slot === undefined) return;
    slot.current = undefined;
    this.#slots.delete(key);
    folder.remove();
    if (folder.count === 0) this.#prune(folder);
  }

  /**
   * To look into. One without anything in it is not kept: whoever lists what there is not leaves no trace.
   * @param prefix - ends with `/`
   */
  folder(prefix: string): Folder {
    const nearest = this.#nearest(prefix);
    return nearest.path === prefix ? nearest : new Folder(prefix, undefined, nearest.lastChange);
  }

  /** Tells everyone who listens to the key or to a prefix of it. */
  notify(change: Change): void {
    for (
      let folder: Folder | undefined = this.#nearest(folderPath(change.storageKey));
      folder !== undefined;
      folder = folder.parent
    ) {
      for (const listener of folder.listeners) listener.onChange(change);
    }
    const listeners = this.#keyListeners.get(change.storageKey);
    if (listeners !== undefined) for (const listener of listeners) listener.onChange(change);
  }

  /** @param prefix - ends with `/`, or is one whole key @returns the way to stop */
  listen(prefix: string, listener: ChangeListener): () => void {
    if (prefix.endsWith("/")) {
      const folder = this.#make(prefix);
      folder.listeners.add(listener);
      return () => {
        if (folder.listeners.delete(listener)) this.#prune(folder);
      };
    }
    let listeners = this.#keyListeners.get(prefix);
    if (listeners === undefined) {
      listeners = new Set();
      this.#keyListeners.set(prefix, listeners);
    }
    listeners.add(listener);
    const own = listeners;
    return () => {
      own.delete(listener);
      if (own.size === 0 && this.#keyListeners.get(prefix) === own) this.#keyListeners.delete(prefix);
    };
  }

  keys(): IterableIterator<string> {
    return this.#slots.keys();
  }

  /** The folder at `prefix`, or the lowest above it. */
  #nearest(prefix: string): Folder {
    for (let path = prefix; path.length > this.root.path.length; path = parentPath(path)) {
      const known = this.#folders.get(path);
      if (known !== undefined) return known;
    }
    if (!prefix.startsWith(this.root.path)) throw new RangeError(`${prefix} is not below ${this.root.path}`);
    return this.root;
  }

  #make(prefix: string): Folder {
    const known = this.#folders.get(prefix);
    if (known !== undefined) return known;
    if (!prefix.startsWith(this.root.path)) throw new RangeError(`${prefix} is not below ${this.root.path}`);
    const parent = this.#make(parentPath(prefix));
    const created = new Folder(prefix, parent, parent.lastChange);
    this.#folders.set(prefix, created);
    return created;
  }

  /** Forgets a folder that has become idle, and those above it that have so too. */
  #prune(idle: Folder): void {
    for (let folder = idle; folder.isIdle && folder.parent !== undefined; folder = folder.parent) {
      folder.parent.drop(folder);
      this.#folders.delete(folder.path);
    }
  }
}

const folderPath = (key: string) => key.slice(0, key.lastIndexOf("/") + 1);

const parentPath = (path: string) => path.slice(0, path.lastIndexOf("/", path.length - 2) + 1);

import { type ApiObject, keyString, type ObjectKey } from "../api/meta.ts";

export type IndexFunctions<T> = Readonly<Record<string, (object: Readonly<T>) => readonly string[]>>;

const namespaceIndex = "namespace";
const empty: readonly never[] = [];

/** Objects by key, and by whatever values the index functions give. Changing the store never changes an object. */
export class IndexedStore<T extends ApiObject> {
  readonly #objects = new Map<string, Readonly<T>>();
  readonly #functions = new Map<string, (object: Readonly<T>) => readonly string[]>();
  readonly #indexes = new Map<string, Map<string, Map<string, Readonly<T>>>>();

  constructor(functions: IndexFunctions<T> = {}) {
    this.addIndex(namespaceIndex, (object) => [object.metadata?.namespace ?? ""]);
    for (const [name, indexFunction] of Object.entries(functions)) this.addIndex(name, indexFunction);
  }

  /** Indexes what is stored and what will be. A name that is known already keeps its function. */
  addIndex(name: string, indexFunction: (object: Readonly<T>) => readonly string[]): void {
    if (this.#functions.has(name)) return;
    this.#functions.set(name, indexFunction);
    const buckets = new Map<string, Map<string, Readonly<T>>>();
    this.#indexes.set(name, buckets);
    for (const [key, object] of this.#objects) {
      for (const value of indexFunction(object)) addTo(buckets, value, key, object);
    }
  }

  get size(): number {
    return this.#objects.size;
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  getByKey(key: string): Readonly<T> | undefined {
    return this.#objects.get(key);
  }

  get(key: ObjectKey): Readonly<T> | undefined {
    return this.#objects.get(keyString(key));
  }

  list(namespace?: string): readonly Readonly<T>[] {
    if (namespace !== undefined && namespace !== "") return this.byIndex(namespaceIndex, namespace);
    return [...this.#objects.values()];
  }

  /** @throws Error when there is no index of that name: a mistake in the program, not in the data */
  byIndex(index: string, value: string): readonly Readonly<T>[] {
    const buckets = this.#indexes.get(index);
    if (buckets === undefined) throw new Error(`no index named ${index}`);
    const bucket = buckets.get(value);
    return bucket === undefined ? empty : [...bucket.values()];
  }

  /** Stores the object and returns the one it replaces. */
  set(key: string, object: Readonly<T>): Readonly<T> | undefined {
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const [name, indexFunction] of this.#functions) {
      const buckets = this.#indexes.get(name);
      if (buckets === undefined) continue;
      const values = indexFunction(object);
      if (old !== undefined) {
        for (const value of indexFunction(old)) if (!values.includes(value)) removeFrom(buckets, value, key);
      }
      for (const value of values) addTo(buckets, value, key, object);
    }
    return old;
  }

  delete(key: string): Readonly<T> | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const [name, indexFunction] of this.#functions) {
      const buckets = this.#indexes.get(name);
      if (buckets === undefined) continue;
      for (const value of indexFunction(old)) removeFrom(buckets, value, key);
    }
    return old;
  }
}

function addTo<T>(buckets: Map<string, Map<string, T>>, value: string, key: string, object: T): void {
  const bucket = buckets.get(value);
  if (bucket === undefined) buckets.set(value, new Map([[key, object]]));
  else bucket.set(key, object);
}

function removeFrom<T>(buckets: Map<string, Map<string, T>>, value: string, key: string): void {
  const bucket = buckets.get(value);
  if (bucket === undefined) return;
  bucket.delete(key);
  if (bucket.size === 0) buckets.delete(value);
}

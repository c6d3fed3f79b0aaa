import type { Kind } from "../api/kind.ts";
import type { ApiObject, ObjectKey } from "../api/meta.ts";

/**
 * Called in order for every change. The store is updated first, so a handler may read a store newer than its event, never
 * an older one. Objects are shared: clone before changing. After a gap, a delete may carry the last known state.
 */
export interface InformerHandler<T> {
  onAdd?(object: Readonly<T>, options: { readonly isInInitialList: boolean }): void;
  /** Delete and recreation inside a gap arrives here, with different UIDs. */
  onUpdate?(old: Readonly<T>, current: Readonly<T>): void;
  onDelete?(object: Readonly<T>): void;
}

/** Reads of an informer's store; nothing here waits or does I/O. */
export interface Lister<T> {
  get(key: ObjectKey): Readonly<T> | undefined;
  /** All, or those of one namespace. */
  list(namespace?: string): readonly Readonly<T>[];
  /** Objects for which the index function of that name gave `value`. */
  byIndex(index: string, value: string): readonly Readonly<T>[];
}

export interface InformerOptions<T extends ApiObject> {
  readonly kind: Kind<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Index name → the values an object is found under. `namespace` is always there. */
  readonly indexers?: Readonly<Record<string, (object: Readonly<T>) => readonly string[]>>;
  /** Cuts what the process does not need before it is stored (managedFields are always dropped). */
  readonly transform?: (object: T) => T;
}

/** One list+watch and its store, shared by all handlers of a process. */
export interface Informer<T extends ApiObject> extends Lister<T> {
  addHandler(handler: InformerHandler<T>): void;
  /** True once every object of the first list has been stored and handed to the handlers. */
  readonly hasSynced: boolean;
  /** resourceVersion up to which the store is current. */
  readonly lastSeenRevision: string;
  whenSynced(options: { signal: AbortSignal }): Promise<void>;
  /** Lists and watches until the signal is aborted; survives every failure of the server with back-off. */
  run(options: { signal: AbortSignal }): Promise<void>;
}

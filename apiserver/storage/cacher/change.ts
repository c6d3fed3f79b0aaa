import type { WatchEvent, WatchEventType } from "../storage.ts";
import type { CachedObject } from "./cached-object.ts";

/** An event about an object; its line is made when the first watcher needs it and then shared. */
export class ObjectEvent implements WatchEvent {
  readonly type: WatchEventType;
  readonly revision: bigint;
  readonly object: CachedObject;
  #line: Buffer | undefined;

  constructor(type: WatchEventType, revision: bigint, object: CachedObject) {
    this.type = type;
    this.revision = revision;
    this.object = object;
  }

  line(): Buffer {
    this.#line ??= this.object.line(this.type);
    return this.#line;
  }
}

const EMPTY = Buffer.alloc(0);

export function bookmark(revision: bigint, options: { initialEventsEnd: boolean }): WatchEvent {
  const event = { type: "BOOKMARK" as const, revision, line: () => EMPTY };
  return options.initialEventsEnd ? { ...event, initialEventsEnd: true } : event;
}

/** One key changed at one revision. Holds the at most three events that watchers may see of it. */
export class Change {
  readonly storageKey: string;
  readonly revision: bigint;
  readonly previous: CachedObject | undefined;
  /** undefined: deleted. */
  readonly current: CachedObject | undefined;
  #added: ObjectEvent | undefined;
  #modified: ObjectEvent | undefined;
  #deleted: ObjectEvent | undefined;

  constructor(
    storageKey: string,
    revision: bigint,
    previous: CachedObject | undefined,
    current: CachedObject | undefined,
  ) {
    this.storageKey = storageKey;
    this.revision = revision;
    this.previous = previous;
    this.current = current;
  }

  /** What a watcher without a predicate sees; undefined for the delete of a key nobody knew. */
  event(): ObjectEvent | undefined {
    return this.transition(this.previous !== undefined, this.current !== undefined);
  }

  /** What a watcher sees whose predicate held before, holds now, or both. */
  transition(matchedBefore: boolean, matchesNow: boolean): ObjectEvent | undefined {
    if (matchesNow && this.current !== undefined) {
      if (matchedBefore) {
        this.#modified ??= new ObjectEvent("MODIFIED", this.revision, this.current);
        return this.#modified;
      }
      this.#added ??= new ObjectEvent("ADDED", this.revision, this.current);
      return this.#added;
    }
    if (!matchedBefore || this.previous === undefined) return undefined;
    this.#deleted ??= new ObjectEvent("DELETED", this.revision, this.previous.deletedAt(this.revision));
    return this.#deleted;
  }

  /** Rough size in memory of what only this change keeps alive. */
  get sizeBytes(): number {
    return 200 + (this.previous?.sizeBytes ?? 0);
  }
}

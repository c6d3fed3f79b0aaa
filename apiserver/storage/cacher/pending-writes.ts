import type { ApiObject } from "../../../api/meta.ts";
import { CachedObject } from "./cached-object.ts";

/**
 * One write of ours between its Txn and its event on the watch. Whichever of the two arrives first makes the
 * CachedObject, and the other takes the same one, so nothing we wrote is parsed or spliced twice.
 */
export interface PendingWrite {
  readonly storageKey: string;
  /** undefined: a delete. */
  readonly value: Buffer | undefined;
  readonly object: ApiObject | undefined;
  /** The revision the watch has shown for it. */
  seenRevision: bigint | undefined;
  /** The revision etcd answered with. */
  answeredRevision: bigint | undefined;
  stored: CachedObject | undefined;
}

export class PendingWrites {
  readonly #byKey = new Map<string, PendingWrite[]>();

  begin(storageKey: string, value?: Buffer, object?: ApiObject): PendingWrite {
    const write: PendingWrite = {
      storageKey,
      value,
      object,
      seenRevision: undefined,
      answeredRevision: undefined,
      stored: undefined,
    };
    const others = this.#byKey.get(storageKey);
    if (others === undefined) this.#byKey.set(storageKey, [write]);
    else others.push(write);
    return write;
  }

  /**
   * etcd has carried it out. It is kept until the watch shows it.
   * @param fed - how far the watch has got
   */
  answered(write: PendingWrite, revision: bigint, fed: bigint): void {
    write.answeredRevision = revision;
    if (fed >= revision) this.forget(write);
    if (write.value === undefined) return;
    if (write.stored?.revision === revision) return;
    // Another gateway may have written the very same bytes, and the watch shown those first; the object is theirs then.
    const object = write.stored === undefined ? write.object : undefined;
    write.stored = new CachedObject(write.storageKey, revision, write.value, object);
  }

  /** It failed, or its result is known. */
  forget(write: PendingWrite): void {
    const others = this.#byKey.get(write.storageKey);
    if (others === undefined) return;
    const rest = others.filter((other) => other !== write);
    if (rest.length === 0) this.#byKey.delete(write.storageKey);
    else this.#byKey.set(write.storageKey, rest);
  }

  /**
   * The write of ours that made this event of the watch; undefined: it was somebody else's.
   * @param value - undefined: the key was deleted
   */
  seen(storageKey: string, revision: bigint, value: Buffer | undefined): PendingWrite | undefined {
    const writes = this.#byKey.get(storageKey);
    if (writes === undefined) return undefined;
    const write = writes.find((candidate) => made(candidate, revision, value));
    if (write === undefined) return undefined;
    write.seenRevision = revision;
    if (value !== undefined && write.value !== undefined && write.stored?.revision !== revision) {
      write.stored = new CachedObject(storageKey, revision, write.value, write.object);
    }
    if (write.answeredRevision !== undefined) this.forget(write);
    return write;
  }

  /** The newest state that we have written and the watch has not shown yet. */
  newest(storageKey: string): CachedObject | undefined {
    let newest: CachedObject | undefined;
    for (const { stored, answeredRevision } of this.#byKey.get(storageKey) ?? []) {
      if (stored === undefined || answeredRevision === undefined) continue;
      if (newest === undefined || stored.revision > newest.revision) newest = stored;
    }
    return newest;
  }

  /** The watch starts anew: nothing below `revision` will be shown any more. */
  dropAnswered(revision: bigint): void {
    for (const writes of [...this.#byKey.values()]) {
      for (const write of writes) {
        if (write.answeredRevision !== undefined && write.answeredRevision <= revision) this.forget(write);
      }
    }
  }
}

function made(write: PendingWrite, revision: bigint, value: Buffer | undefined): boolean {
  if (write.answeredRevision !== undefined) return write.answeredRevision === revision;
  if (write.seenRevision !== undefined) return false;
  if (value === undefined || write.value === undefined) return value === write.value;
  return write.value.equals(value);
}

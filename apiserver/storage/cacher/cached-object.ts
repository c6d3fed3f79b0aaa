import { isObject } from "../../../api/json.ts";
import type { ApiObject } from "../../../api/meta.ts";
import { StorageError, type StoredObject, type WatchEventType } from "../storage.ts";
import {
  encodeValue,
  LINE_HEAD_BYTES,
  LINE_TAIL_BYTES,
  metadataOffset,
  resplice,
  setResourceVersion,
  splice,
} from "./stored-bytes.ts";

const LINE_HEADS = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
} as const;

/**
 * One object at one revision, parsed at most once and spliced at most once, both only when somebody asks.
 * Its bytes lie in the middle of a buffer with room for one watch line around them.
 */
export class CachedObject implements StoredObject {
  readonly storageKey: string;
  readonly revision: bigint;
  /** As in etcd; given up once spliced. */
  #value: Buffer | undefined;
  #object: ApiObject | undefined;
  /** Encoded by this process, so it carries no resourceVersion. */
  readonly #ours: boolean;
  #metadataAt = -1;
  #room: Buffer | undefined;
  #lineType: WatchEventType | undefined;

  /** @param object - the parsed value, if it is at hand; becomes shared */
  constructor(storageKey: string, revision: bigint, value: Buffer | undefined, object?: ApiObject) {
    this.storageKey = storageKey;
    this.revision = revision;
    this.#value = value;
    this.#object = object;
    this.#ours = object !== undefined;
    if (object !== undefined) setResourceVersion(object, revision);
  }

  /** @throws StorageError `Corrupt` when the value is no JSON object */
  get object(): ApiObject {
    this.#object ??= this.#parse();
    return this.#object;
  }

  /** @throws StorageError `Corrupt`; costs a parse the first time and nothing later */
  check(): void {
    this.#object ??= this.#parse();
  }

  bytes(): Buffer {
    const room = this.#spliced();
    return room.subarray(LINE_HEAD_BYTES, room.length - LINE_TAIL_BYTES);
  }

  itemBytes(): Buffer {
    const tail = this.itemTail();
    const item = Buffer.allocUnsafe(tail.length + 1);
    item[0] = 0x7b;
    item.set(tail, 1);
    return item;
  }

  itemTail(): Buffer {
    const room = this.#spliced();
    return room.subarray(LINE_HEAD_BYTES + this.#metadataAt, room.length - LINE_TAIL_BYTES);
  }

  /** `{"type":…,"object":…}\n`. The first type asked for costs no copy of the object. */
  line(type: WatchEventType): Buffer {
    const room = this.#spliced();
    const head = LINE_HEADS[type];
    const start = LINE_HEAD_BYTES - head.length;
    if (this.#lineType === undefined) {
      this.#lineType = type;
      room.set(head, start);
      room[room.length - 2] = 0x7d;
      room[room.length - 1] = 0x0a;
    }
    if (this.#lineType === type) return room.subarray(start);
    return Buffer.concat([head, room.subarray(LINE_HEAD_BYTES)]);
  }

  /** The last state of a deleted object, as watchers see it: at the revision of the delete. */
  deletedAt(revision: bigint): CachedObject {
    const { metadata, ...rest } = this.object;
    const room = this.#spliced();
    const deleted = new CachedObject(this.storageKey, revision, undefined, { ...rest, metadata: { ...metadata } });
    deleted.#metadataAt = this.#metadataAt;
    deleted.#room = resplice(room, this.#metadataAt, this.revision, revision);
    return deleted;
  }

  /** Bytes held for its serialized form. */
  get sizeBytes(): number {
    return (this.#room ?? this.#value)?.length ?? 0;
  }

  /** Drops the parsed form of an object that is history; it is parsed again should somebody need it. */
  shed(): void {
    this.#object = undefined;
  }

  #spliced(): Buffer {
    if (this.#room !== undefined) return this.#room;
    let value = this.#value ?? Buffer.alloc(0);
    this.#metadataAt = metadataOffset(value);
    const spliceable = this.#metadataAt >= 0 && (this.#ours || !this.#hasOwnVersion(value));
    if (!spliceable) {
      const encoded = encodeValue({ ...this.object, metadata: { ...this.object.metadata } });
      value = encoded.value;
      this.#metadataAt = metadataOffset(value);
    }
    this.#room = splice(value, this.#metadataAt, this.revision);
    this.#value = undefined;
    return this.#room;
  }

  /** A value somebody else wrote may carry a resourceVersion; ours never do, though others' may stand deeper inside. */
  #hasOwnVersion(value: Buffer): boolean {
    if (!value.includes('"resourceVersion":')) return false;
    const parsed = parseObject(value, this.storageKey);
    return parsed.metadata?.resourceVersion !== undefined;
  }

  #parse(): ApiObject {
    const source = this.#value ?? this.bytes();
    const object = parseObject(source, this.storageKey);
    setResourceVersion(object, this.revision);
    return object;
  }
}

function parseObject(value: Buffer, storageKey: string): ApiObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString("utf8"));
  } catch (cause) {
    throw new StorageError("Corrupt", storageKey, `the value of ${storageKey} is not JSON`, { cause });
  }
  if (!isObject(parsed) || (parsed["metadata"] !== undefined && !isObject(parsed["metadata"]))) {
    throw new StorageError("Corrupt", storageKey, `the value of ${storageKey} is not an object`);
  }
  return parsed;
}

import type { ApiObject } from "../../../api/meta.ts";

/** How a value begins that this project wrote. */
const HEAD = /^\{"kind":"[^"\\]*","apiVersion":"[^"\\]*",("metadata":\{)/;
/** More than the longest kind and apiVersion take. */
const HEAD_MAX_BYTES = 512;
const METADATA_OPEN = '"metadata":{';

export interface EncodedValue {
  /** What etcd gets. */
  readonly value: Buffer;
  /** What it was made from. */
  readonly object: ApiObject;
}

/**
 * The stored form of an object: kind, apiVersion and metadata first, no resourceVersion, no selfLink. `object` is the same
 * object, or a copy as deep as needed to take those out without touching one that is shared already.
 */
export function encodeValue(source: ApiObject): EncodedValue {
  const object = withoutVersion(inOrder(source));
  return { value: Buffer.from(JSON.stringify(object)), object };
}

function withoutVersion(object: ApiObject): ApiObject {
  const given = object.metadata;
  if (given === undefined || (given.resourceVersion === undefined && !("selfLink" in given))) return object;
  const metadata: Record<string, unknown> = { ...given, resourceVersion: undefined };
  delete metadata["selfLink"];
  return { ...object, metadata };
}

export function setResourceVersion(object: ApiObject, revision: bigint): void {
  if (object.metadata !== undefined) object.metadata.resourceVersion = revision.toString();
  else object.metadata = { resourceVersion: revision.toString() };
}

/** The object itself where its keys begin as stored values do; else a copy that does. */
function inOrder(object: ApiObject): ApiObject {
  let at = 0;
  for (const key in object) {
    if (key !== FIRST_KEYS[at]) break;
    if (++at === FIRST_KEYS.length) return object;
  }
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind: kind ?? "", apiVersion: apiVersion ?? "", metadata: metadata ?? {}, ...rest };
}

const FIRST_KEYS = ["kind", "apiVersion", "metadata"] as const;

/** Where `"metadata":{` begins in a value that this project wrote; -1: somebody else wrote it. */
export function metadataOffset(value: Buffer): number {
  if (value[value.length - 1] !== 0x7d) return -1;
  const match = HEAD.exec(value.toString("latin1", 0, HEAD_MAX_BYTES));
  return match === null ? -1 : match[0].length - METADATA_OPEN.length;
}

/** Bytes kept free before and after an object's bytes, for the line of a watch event. */
export const LINE_HEAD_BYTES = '{"type":"MODIFIED","object":'.length;
export const LINE_TAIL_BYTES = 2;

/**
 * `value` with the resourceVersion spliced in, in the middle of a buffer that has room for the line around it.
 * @param offset - of `"metadata":{` in `value`
 */
export function splice(value: Buffer, offset: number, revision: bigint): Buffer {
  const open = offset + METADATA_OPEN.length;
  const empty = value[open] === 0x7d;
  const inserted = empty ? `"resourceVersion":"${revision}"` : `"resourceVersion":"${revision}",`;
  const room = Buffer.allocUnsafe(LINE_HEAD_BYTES + value.length + inserted.length + LINE_TAIL_BYTES);
  room.set(value.subarray(0, open), LINE_HEAD_BYTES);
  const after = LINE_HEAD_BYTES + open + room.write(inserted, LINE_HEAD_BYTES + open, "latin1");
  room.set(value.subarray(open), after);
  return room;
}

/** A copy of what {@link splice} made, at another revision. */
export function resplice(room: Buffer, offset: number, from: bigint, to: bigint): Buffer {
  const start = LINE_HEAD_BYTES + offset + METADATA_OPEN.length + '"resourceVersion":"'.length;
  const digits = to.toString();
  const end = start + from.toString().length;
  const copy = Buffer.allocUnsafe(room.length + digits.length - (end - start));
  copy.set(room.subarray(0, start));
  copy.write(digits, start, "latin1");
  copy.set(room.subarray(end), start + digits.length);
  return copy;
}

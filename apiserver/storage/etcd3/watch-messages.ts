import { type KeyValue, readHeader, readKeyValue } from "./kv-messages.ts";
import { fieldSize, int64Size, ProtoReader, ProtoWriter } from "./protobuf.ts";

/** Codecs for etcd's Watch messages. Field numbers: proto/etcd.proto, to which a test holds these codecs. */

export interface WatchCreateRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly startRevision: bigint;
  readonly prevKv: boolean;
}

export interface EtcdEvent {
  readonly type: "put" | "delete";
  readonly kv: KeyValue;
  readonly prevKv: KeyValue | undefined;
}

export interface WatchResponse {
  readonly revision: bigint;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Not 0: the start revision has been compacted away, and this is the oldest there is. */
  readonly compactRevision: bigint;
  readonly cancelReason: string;
  /** More of the same response follows. */
  readonly fragment: boolean;
  readonly events: readonly EtcdEvent[];
}

/** Always asks for fragments, so that no response outgrows a message. */
export function encodeWatchCreate(request: WatchCreateRequest): Buffer {
  let size = fieldSize(Buffer.byteLength(request.key)) + int64Size(request.startRevision) + 2;
  if (request.rangeEnd !== undefined) size += fieldSize(Buffer.byteLength(request.rangeEnd));
  if (request.prevKv) size += 2;
  const writer = new ProtoWriter(fieldSize(size));
  writer.message(1, size);
  writer.bytes(1, request.key);
  if (request.rangeEnd !== undefined) writer.bytes(2, request.rangeEnd);
  writer.int64(3, request.startRevision);
  if (request.prevKv) writer.uint(6, 1);
  writer.uint(8, 1);
  return writer.finish();
}

export function decodeWatch(buffer: Buffer): WatchResponse {
  const reader = new ProtoReader(buffer);
  let revision = 0n;
  let created = false;
  let canceled = false;
  let compactRevision = 0n;
  let cancelReason = "";
  let fragment = false;
  const events: EtcdEvent[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) revision = readHeader(reader).revision;
    else if (tag === 0x18) created = reader.bool();
    else if (tag === 0x20) canceled = reader.bool();
    else if (tag === 0x28) compactRevision = reader.int64();
    else if (tag === 0x32) cancelReason = reader.string();
    else if (tag === 0x38) fragment = reader.bool();
    else if (tag === 0x5a) events.push(readEvent(reader));
    else reader.skip(tag);
  }
  return { revision, created, canceled, compactRevision, cancelReason, fragment, events };
}

function readEvent(reader: ProtoReader): EtcdEvent {
  let type: EtcdEvent["type"] = "put";
  let kv: KeyValue | undefined;
  let prevKv: KeyValue | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x08) type = reader.uint() === 1 ? "delete" : "put";
    else if (tag === 0x12) kv = readKeyValue(reader);
    else if (tag === 0x1a) prevKv = readKeyValue(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (kv === undefined) throw new RangeError("event without a key");
  return { type, kv, prevKv };
}

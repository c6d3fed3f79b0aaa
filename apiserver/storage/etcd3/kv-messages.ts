import { fieldSize, int64Size, ProtoReader, ProtoWriter } from "./protobuf.ts";

/** Codecs for etcd's KV messages. Field numbers: proto/etcd.proto, to which a test holds these codecs. */

export interface KeyValue {
  readonly key: string;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  readonly value: Buffer;
  readonly lease: bigint;
}

export interface RangeRequest {
  readonly key: string;
  /** Absent: the one key. */
  readonly rangeEnd?: string;
  readonly limit?: number;
  /** Absent: the newest. */
  readonly revision?: bigint;
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: bigint;
}

export interface RangeResponse {
  readonly revision: bigint;
  /** The member's raft term: it grows with every election. */
  readonly raftTerm: bigint;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}

export interface PutRequest {
  readonly key: string;
  readonly value: Buffer;
  readonly lease?: bigint;
}

/** One compare and one operation per branch: all that Kubernetes asks of a transaction. */
export interface TxnRequest {
  readonly key: string;
  readonly compare: { readonly target: "mod" | "version"; readonly equals: bigint };
  readonly success: { readonly put: PutRequest } | { readonly delete: string };
  /** Read the key when the compare fails. */
  readonly elseGet: boolean;
}

export interface TxnResponse {
  readonly revision: bigint;
  readonly succeeded: boolean;
  /** What `elseGet` found; undefined: no such key, or not asked. */
  readonly current: KeyValue | undefined;
}

/** Compare.target */
const TARGET = { version: 0, mod: 2 } as const;
/** Compare.target_union */
const TARGET_UNION = { version: 4, mod: 6 } as const;

export function encodeRange(request: RangeRequest): Buffer {
  const writer = new ProtoWriter(rangeSize(request));
  writeRange(writer, request);
  return writer.finish();
}

/** The key after all keys that begin with `prefix`. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

function rangeSize(request: RangeRequest): number {
  let size = fieldSize(Buffer.byteLength(request.key)) + 6;
  if (request.rangeEnd !== undefined) size += fieldSize(Buffer.byteLength(request.rangeEnd));
  if (request.limit !== undefined) size += int64Size(BigInt(request.limit));
  if (request.revision !== undefined) size += int64Size(request.revision);
  if (request.minModRevision !== undefined) size += int64Size(request.minModRevision);
  return size;
}

function writeRange(writer: ProtoWriter, request: RangeRequest): void {
  writer.bytes(1, request.key);
  if (request.rangeEnd !== undefined) writer.bytes(2, request.rangeEnd);
  if (request.limit !== undefined) writer.uint(3, request.limit);
  if (request.revision !== undefined) writer.int64(4, request.revision);
  if (request.serializable) writer.uint(7, 1);
  if (request.keysOnly) writer.uint(8, 1);
  if (request.countOnly) writer.uint(9, 1);
  if (request.minModRevision !== undefined) writer.int64(10, request.minModRevision);
}

export function encodeTxn(request: TxnRequest): Buffer {
  const keyField = fieldSize(Buffer.byteLength(request.key));
  const { target, equals } = request.compare;
  const compareSize = 2 + keyField + int64Size(equals);
  const operation = request.success;
  const operationSize = "put" in operation ? putSize(operation.put) : fieldSize(Buffer.byteLength(operation.delete));
  const successSize = fieldSize(operationSize);
  const failureSize = request.elseGet ? fieldSize(keyField) : 0;

  const writer = new ProtoWriter(fieldSize(compareSize) + fieldSize(successSize) + fieldSize(failureSize));
  writer.message(1, compareSize);
  writer.uint(2, TARGET[target]);
  writer.bytes(3, request.key);
  writer.int64(TARGET_UNION[target], equals);

  writer.message(2, successSize);
  if ("put" in operation) {
    const { put } = operation;
    writer.message(2, operationSize);
    writer.bytes(1, put.key);
    writer.bytes(2, put.value);
    if (put.lease !== undefined) writer.int64(3, put.lease);
  } else {
    writer.message(3, operationSize);
    writer.bytes(1, operation.delete);
  }

  if (request.elseGet) {
    writer.message(3, failureSize);
    writer.message(1, keyField);
    writer.bytes(1, request.key);
  }
  return writer.finish();
}

function putSize(put: PutRequest): number {
  const size = fieldSize(Buffer.byteLength(put.key)) + fieldSize(put.value.length);
  return put.lease === undefined ? size : size + int64Size(put.lease);
}

export function encodeCompaction(revision: bigint): Buffer {
  const writer = new ProtoWriter(int64Size(revision));
  writer.int64(1, revision);
  return writer.finish();
}

export function decodeRange(buffer: Buffer): RangeResponse {
  return readRange(new ProtoReader(buffer));
}

function readRange(reader: ProtoReader): RangeResponse {
  let header = NO_HEADER;
  const kvs: KeyValue[] = [];
  let more = false;
  let count = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) header = readHeader(reader);
    else if (tag === 0x12) kvs.push(readKeyValue(reader));
    else if (tag === 0x18) more = reader.bool();
    else if (tag === 0x20) count = reader.uint();
    else reader.skip(tag);
  }
  return { ...header, kvs, more, count };
}

export function decodeTxn(buffer: Buffer): TxnResponse {
  const reader = new ProtoReader(buffer);
  let revision = 0n;
  let succeeded = false;
  let current: KeyValue | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) revision = readHeader(reader).revision;
    else if (tag === 0x10) succeeded = reader.bool();
    else if (tag === 0x1a) current = readResponseOp(reader) ?? current;
    else reader.skip(tag);
  }
  return { revision, succeeded, current };
}

function readResponseOp(reader: ProtoReader): KeyValue | undefined {
  let found: KeyValue | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const op = reader.enter();
    found = readRange(reader).kvs[0];
    reader.leave(op);
  }
  reader.leave(outer);
  return found;
}

export interface ResponseHeader {
  readonly revision: bigint;
  readonly raftTerm: bigint;
}

const NO_HEADER: ResponseHeader = { revision: 0n, raftTerm: 0n };

export function readHeader(reader: ProtoReader): ResponseHeader {
  let revision = 0n;
  let raftTerm = 0n;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x18) revision = reader.int64();
    else if (tag === 0x20) raftTerm = reader.int64();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { revision, raftTerm };
}

const NO_BYTES = Buffer.alloc(0);

export function readKeyValue(reader: ProtoReader): KeyValue {
  let key = "";
  let createRevision = 0n;
  let modRevision = 0n;
  let version = 0n;
  let value: Buffer = NO_BYTES;
  let lease = 0n;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) key = reader.string();
    else if (tag === 0x10) createRevision = reader.int64();
    else if (tag === 0x18) modRevision = reader.int64();
    else if (tag === 0x20) version = reader.int64();
    else if (tag === 0x2a) value = reader.bytes();
    else if (tag === 0x30) lease = reader.int64();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { key, createRevision, modRevision, version, value, lease };
}

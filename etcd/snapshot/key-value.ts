/** What etcd stores for one revision of a key. A deletion has the key alone. */
export interface KeyValue {
  readonly key: Buffer;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  /** 1 for a key that has just been created. */
  readonly version: bigint;
  readonly value: Buffer;
  /** 0: none. */
  readonly lease: bigint;
}

const empty = Buffer.alloc(0);

/**
 * Decodes the Protocol Buffers message `mvccpb.KeyValue`; undefined when the bytes are none. Unknown fields are passed over.
 * @see https://github.com/etcd-io/etcd/blob/v3.6.16/api/mvccpb/kv.proto
 */
export function parseKeyValue(bytes: Buffer): KeyValue | undefined {
  let key: Buffer = empty;
  let value: Buffer = empty;
  const numbers = [0n, 0n, 0n, 0n, 0n, 0n, 0n];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at++] ?? 0;
    const field = tag >>> 3;
    const wireType = tag & 7;
    if (tag >= 0x80 || field === 0) return undefined;
    if (wireType === 0) {
      const number = varint(bytes, at);
      if (number === undefined) return undefined;
      if (field < numbers.length) numbers[field] = number.value;
      at = number.end;
    } else if (wireType === 2) {
      const length = varint(bytes, at);
      if (length === undefined || length.value > BigInt(bytes.length - length.end)) return undefined;
      const end = length.end + Number(length.value);
      if (field === 1) key = bytes.subarray(length.end, end);
      if (field === 5) value = bytes.subarray(length.end, end);
      at = end;
    } else {
      return undefined;
    }
  }
  const [, , createRevision = 0n, modRevision = 0n, version = 0n, , lease = 0n] = numbers;
  return { key, createRevision, modRevision, version, value, lease: BigInt.asIntN(64, lease) };
}

function varint(bytes: Buffer, start: number): { readonly value: bigint; readonly end: number } | undefined {
  let low = 0;
  let at = start;
  for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    low += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value: BigInt(low), end: at };
  }
  // Lease numbers need all 64 bits.
  let value = BigInt(low);
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at };
  }
  return undefined;
}

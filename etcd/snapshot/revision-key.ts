/** A revision within etcd's: the transaction's number and the place within the transaction. */
export interface RevisionKey {
  readonly main: bigint;
  readonly sub: bigint;
  readonly tombstone: boolean;
}

const separator = 0x5f;
const tombstoneMark = 0x74;
const plainBytes = 17;

/**
 * A key of etcd's bucket `key`: 8 bytes, `_`, 8 bytes, and a `t` for a deletion. Undefined when it is none.
 * @see https://github.com/etcd-io/etcd/blob/v3.6.16/server/storage/mvcc/revision.go
 */
export function parseRevisionKey(key: Buffer): RevisionKey | undefined {
  if (key.length !== plainBytes && key.length !== plainBytes + 1) return undefined;
  if (key[8] !== separator) return undefined;
  const main = key.readBigInt64BE(0);
  const sub = key.readBigInt64BE(9);
  if (main < 0n || sub < 0n) return undefined;
  return { main, sub, tombstone: key.length > plainBytes && key[plainBytes] === tombstoneMark };
}

export function formatRevisionKey(main: bigint): Buffer {
  const key = Buffer.alloc(plainBytes);
  key.writeBigInt64BE(main, 0);
  key[8] = separator;
  return key;
}

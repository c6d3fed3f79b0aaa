/**
 * How bbolt lays out a file: pages of one size, each with a header of 16 bytes. Pages 0 and 1 are meta pages, written in turns;
 * the one with the higher transaction number that is intact counts. Numbers are little-endian, as on every machine that etcd
 * supports.
 * @see https://github.com/etcd-io/bbolt/blob/v1.4.3/internal/common/page.go
 * @see https://github.com/etcd-io/bbolt/blob/v1.4.3/internal/common/meta.go
 */
export const pageHeaderBytes = 16;
/** Flags, position, key size, value size: 32 bits each. The position counts from the element itself. */
export const leafElementBytes = 16;
/** Position and key size in 32 bits each, then the child's page number in 64. */
export const branchElementBytes = 16;
/** A bucket's value: number of its first page (0: the page follows in the value itself), then its sequence. */
export const bucketHeaderBytes = 16;
export const metaBytes = 64;

export const pageType = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
/** Of a leaf element whose value is a bucket. */
export const bucketElementFlag = 0x01;
export const boltMagic = 0xed0cdaed;
export const boltVersion = 2;

/** A database's state after one transaction. */
export interface BoltMeta {
  readonly pageSizeBytes: number;
  readonly rootPage: number;
  /** Number of pages in use or free: what lies behind them in the file does not count. */
  readonly pageCount: number;
  readonly transaction: bigint;
}

/** The meta page that starts at `offset` of `bytes`, if an intact one does. */
export function parseMeta(bytes: Buffer, offset: number): BoltMeta | undefined {
  const start = offset + pageHeaderBytes;
  if (bytes.length < start + metaBytes) return undefined;
  if (bytes.readUInt32LE(start) !== boltMagic || bytes.readUInt32LE(start + 4) !== boltVersion) return undefined;
  const body = bytes.subarray(start, start + metaBytes - 8);
  if (bytes.readBigUInt64LE(start + metaBytes - 8) !== fnv64a(body)) return undefined;
  return {
    pageSizeBytes: bytes.readUInt32LE(start + 8),
    rootPage: Number(bytes.readBigUInt64LE(start + 16)),
    pageCount: Number(bytes.readBigUInt64LE(start + 40)),
    transaction: bytes.readBigUInt64LE(start + 48),
  };
}

/** The checksum of meta pages. */
export function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}

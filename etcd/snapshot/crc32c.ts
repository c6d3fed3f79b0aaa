/** Tables for eight bytes at a time. */
const tables = makeTables();

/**
 * CRC-32C (Castagnoli) of `bytes`, continuing from `previous`. Node's own CRC-32 has another polynomial.
 * @param previous - what the bytes before these gave; 0 at the start
 */
export function crc32c(bytes: Buffer, previous: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = ~previous;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      item(t7, low & 0xff) ^
      item(t6, (low >>> 8) & 0xff) ^
      item(t5, (low >>> 16) & 0xff) ^
      item(t4, low >>> 24) ^
      item(t3, high & 0xff) ^
      item(t2, (high >>> 8) & 0xff) ^
      item(t1, (high >>> 16) & 0xff) ^
      item(t0, high >>> 24);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ item(t0, (crc ^ (bytes[at] ?? 0)) & 0xff);
  return ~crc >>> 0;
}

type Tables = readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function item(table: Int32Array, index: number): number {
  return table[index] as number;
}

function makeTables(): Tables {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
    return crc;
  });
  const next = (table: Int32Array) => table.map((crc) => (crc >>> 8) ^ item(first, crc & 0xff));
  const t1 = next(first);
  const t2 = next(t1);
  const t3 = next(t2);
  const t4 = next(t3);
  const t5 = next(t4);
  const t6 = next(t5);
  return [first, t1, t2, t3, t4, t5, t6, next(t6)];
}

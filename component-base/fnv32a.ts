const encoder = new TextEncoder();

/**
 * 32 bits that are always the same for the same text, quickly. No protection against anybody who wants a collision.
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

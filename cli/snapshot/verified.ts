import { createHash } from "node:crypto";
import { UserError } from "../user-error.ts";

const digestBytes = 32;

/**
 * Hands a snapshot on as it comes. At its end it must have been followed by its SHA-256, which is handed on too.
 * @throws UserError at the end, when it was not
 */
export async function* verified(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  /** The last bytes so far: they may be the digest, so they are not hashed yet. */
  let tail = Buffer.alloc(0);
  let total = 0;
  for await (const piece of source) {
    const end = Buffer.from(piece.subarray(Math.max(0, piece.length - digestBytes)));
    const next = Buffer.concat([tail, end]).subarray(-digestBytes);
    const settled = tail.length + piece.length - next.length;
    hash.update(tail.subarray(0, settled)).update(piece.subarray(0, Math.max(0, settled - tail.length)));
    tail = Buffer.from(next);
    total += piece.length;
    yield piece;
  }
  if (tail.length === digestBytes && hash.digest().equals(tail)) return;
  throw new UserError(`the snapshot arrived damaged: its ${total} bytes do not end with their SHA-256`);
}

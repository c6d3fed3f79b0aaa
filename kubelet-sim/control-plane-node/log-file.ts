import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { errorCode } from "../../component-base/secret-file.ts";

/** A part of a file that grows: from one byte to another, or to wherever it ends now. */
export interface FilePart {
  readonly path: string;
  readonly from: number;
  /** Absent: the end, which moves. */
  readonly to?: number;
}

const newline = 10;
const blockBytes = 64 * 1024;

/** 0 for a file that is not there. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return 0;
    throw error;
  }
}

/** Where the last `count` lines of a part begin. */
export async function startOfLast(count: number, part: Required<FilePart>): Promise<number> {
  if (count === 0) return part.to;
  let missing = count;
  // The newline at the very end closes the last line; it opens none.
  const found = await findNewlineBackwards(part, (position) => position < part.to - 1 && --missing === 0);
  return found === undefined ? part.from : found + 1;
}

/** Where the part ends if what follows its last newline is left out. */
export async function endOfWholeLines(part: Required<FilePart>): Promise<number> {
  const found = await findNewlineBackwards(part, () => true);
  return found === undefined ? part.from : found + 1;
}

/** The position of the first newline that is accepted, from the end on. */
async function findNewlineBackwards(
  { path, from, to }: Required<FilePart>,
  accepts: (position: number) => boolean,
): Promise<number | undefined> {
  if (to <= from) return undefined;
  const file = await open(path, "r");
  try {
    const block = Buffer.alloc(blockBytes);
    for (let end = to; end > from; ) {
      const start = Math.max(from, end - blockBytes);
      const { bytesRead } = await file.read(block, 0, end - start, start);
      for (let at = bytesRead - 1; at >= 0; at--) if (block[at] === newline && accepts(start + at)) return start + at;
      end = start;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** Whole lines without their newlines; what follows the last newline is the last line. */
export async function* linesOf(
  part: Required<FilePart>,
): AsyncGenerator<{ readonly text: string; readonly next: number }> {
  if (part.to <= part.from) return;
  let rest: Buffer = Buffer.alloc(0);
  let position = part.from;
  const stream = createReadStream(part.path, { start: part.from, end: part.to - 1 });
  for await (const chunk of stream) {
    let bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline)) {
      position += at + 1;
      yield { text: bytes.toString("utf8", 0, at), next: position };
      bytes = bytes.subarray(at + 1);
    }
    rest = bytes;
  }
  if (rest.length > 0) yield { text: rest.toString("utf8"), next: position + rest.length };
}

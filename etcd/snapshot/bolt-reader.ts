import {
  type BoltMeta,
  branchElementBytes,
  bucketElementFlag,
  bucketHeaderBytes,
  leafElementBytes,
  pageHeaderBytes,
  pageType,
  parseMeta,
} from "./bolt-format.ts";
import type { RandomAccess } from "./random-access.ts";
import { SnapshotFileError, type SnapshotFileProblem } from "./snapshot-file-error.ts";

/** A key and its value, in memory of their own that nobody writes to. */
export interface BoltEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface BoltBucket {
  readonly name: string;
  readonly sequence: bigint;
  /** Where its tree starts. 0: the tree is one leaf, which is `inline`. */
  readonly rootPage: number;
  readonly inline: Buffer;
}

interface Page {
  readonly number: number;
  readonly kind: "branch" | "leaf";
  readonly count: number;
  /** Header included. */
  readonly bytes: Buffer;
}

/** etcd has ten; a file with many more is no file of etcd's, and reading it could take for ever. */
const maxBuckets = 100;
/** A tree of this depth would hold more than any disk. */
const maxDepth = 32;
/** No value that etcd takes needs a page as long as this one. */
const maxPageBytes = 512 * 1024 * 1024;
const minPageSizeBytes = 512;
const maxPageSizeBytes = 1024 * 1024;

/**
 * Reads a bbolt file page by page. Every byte is doubted: whatever is wrong with the file ends in a `SnapshotFileError` that
 * names the page, after a time that grows only with the size of the file.
 */
export class BoltReader {
  readonly meta: BoltMeta;
  /** In the order of their names. */
  readonly buckets: readonly BoltBucket[];
  readonly #file: RandomAccess;

  /** @throws SnapshotFileError when it is no bbolt file, or its list of buckets is damaged */
  constructor(file: RandomAccess) {
    this.#file = file;
    this.meta = this.#readMeta();
    this.buckets = this.#readBuckets();
  }

  bucket(name: string): BoltBucket | undefined {
    return this.buckets.find((bucket) => bucket.name === name);
  }

  /** Marks pages that have been read: sharing one among several buckets finds pages that two of them claim. */
  newPageSet(): PageSet {
    return new PageSet(this.meta.pageCount);
  }

  /**
   * The entries of a bucket, in the order of their keys or backwards.
   * @throws SnapshotFileError from the iteration, at the first page that is damaged
   */
  *entries(
    bucket: BoltBucket,
    options: { readonly order?: "ascending" | "descending"; readonly seen?: PageSet } = {},
  ): Generator<BoltEntry> {
    const root = bucket.rootPage === 0 ? this.#inlinePage(bucket) : bucket.rootPage;
    for (const { page, element } of this.#elements(root, { seen: this.newPageSet(), ...options })) {
      const { flags, key, value } = this.#leafElement(page, element);
      if ((flags & bucketElementFlag) !== 0) {
        throw this.#damaged(page.number, `holds a bucket inside the bucket ${bucket.name}, which etcd never makes`);
      }
      yield { key, value };
    }
  }

  #readMeta(): BoltMeta {
    const { name, sizeBytes } = this.#file;
    const start = this.#file.read(0, pageHeaderBytes + 64);
    const first = parseMeta(start, 0);
    const sizes = first ? [first.pageSizeBytes] : powersOfTwo(minPageSizeBytes, maxPageSizeBytes);
    const seconds = sizes.map((size) => ({ size, meta: parseMeta(this.#file.read(size, pageHeaderBytes + 64), 0) }));
    const second = seconds.find(({ size, meta }) => meta?.pageSizeBytes === size)?.meta;
    const newest = first && second ? (second.transaction > first.transaction ? second : first) : (first ?? second);
    if (newest === undefined) throw this.#problem("NotASnapshot", notASnapshot(name, sizeBytes));
    const { pageSizeBytes, pageCount, rootPage } = newest;
    if (!powersOfTwo(minPageSizeBytes, maxPageSizeBytes).includes(pageSizeBytes)) {
      throw this.#damaged(0, `says that pages have ${pageSizeBytes} bytes`);
    }
    if (pageCount * pageSizeBytes > sizeBytes) {
      throw this.#problem(
        "CutOff",
        `${name} is cut off: it has ${sizeBytes} bytes, and its first page speaks of ${pageCount * pageSizeBytes}`,
      );
    }
    if (rootPage < 2 || rootPage >= pageCount) throw this.#damaged(0, `points to page ${rootPage} of ${pageCount}`);
    return newest;
  }

  #readBuckets(): readonly BoltBucket[] {
    const buckets: BoltBucket[] = [];
    for (const { page, element } of this.#elements(this.meta.rootPage, { seen: this.newPageSet() })) {
      const { flags, key, value } = this.#leafElement(page, element);
      const name = key.toString("latin1");
      if ((flags & bucketElementFlag) === 0) throw this.#damaged(page.number, `holds a value where buckets belong`);
      if (value.length < bucketHeaderBytes) throw this.#damaged(page.number, `holds half of the bucket ${name}`);
      if (buckets.length === maxBuckets) {
        throw this.#problem("Unsupported", `${this.#file.name} has more than ${maxBuckets} buckets: no etcd made it`);
      }
      buckets.push({
        name,
        sequence: value.readBigUInt64LE(8),
        rootPage: Number(value.readBigUInt64LE(0)),
        inline: value.subarray(bucketHeaderBytes),
      });
    }
    return buckets;
  }

  /** The elements of all leaves below a page, each with its page. */
  *#elements(
    root: number | Page,
    options: { readonly order?: "ascending" | "descending"; readonly seen: PageSet },
  ): Generator<{ readonly page: Page; readonly element: number }> {
    const backwards = options.order === "descending";
    const rootPage = typeof root === "number" ? this.#page(root, options.seen) : root;
    const path = [{ page: rootPage, next: 0 }];
    let before: Buffer | undefined;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { page } = top;
      if (top.next === page.count) {
        path.pop();
        continue;
      }
      const element = backwards ? page.count - 1 - top.next : top.next;
      top.next++;
      if (page.kind === "branch") {
        if (path.length === maxDepth) throw this.#damaged(page.number, `is ${maxDepth} levels below its root`);
        path.push({ page: this.#page(this.#childOf(page, element), options.seen), next: 0 });
        continue;
      }
      const key = this.#leafKey(page, element);
      if (before !== undefined && Buffer.compare(before, key) !== (backwards ? 1 : -1)) {
        throw this.#damaged(page.number, "has keys that are out of order");
      }
      before = key;
      yield { page, element };
    }
  }

  #page(number: number, seen: PageSet): Page {
    const { pageSizeBytes, pageCount } = this.meta;
    if (!(number >= 2 && number < pageCount)) {
      throw this.#problem("Damaged", `${this.#file.name} is damaged: it refers to page ${number} of ${pageCount}`);
    }
    const offset = number * pageSizeBytes;
    const head = this.#file.read(offset, pageSizeBytes);
    if (head.length < pageSizeBytes) throw this.#problem("CutOff", `${this.#file.name} is cut off in page ${number}`);
    const id = head.readBigUInt64LE(0);
    if (id !== BigInt(number)) throw this.#damaged(number, `says that it is page ${id}`);
    const type = head.readUInt16LE(8);
    const kind = type === pageType.leaf ? "leaf" : type === pageType.branch ? "branch" : undefined;
    if (kind === undefined) throw this.#damaged(number, `is neither leaf nor branch (its type is ${type})`);
    const pages = head.readUInt32LE(12) + 1;
    if (number + pages > pageCount || pages * pageSizeBytes > maxPageBytes) {
      throw this.#damaged(number, `says that it is ${pages} pages long`);
    }
    if (!seen.add(number, pages)) throw this.#damaged(number, "is used twice");
    const bytes = pages === 1 ? head : this.#file.read(offset, pages * pageSizeBytes);
    return this.#checked({ number, kind, count: head.readUInt16LE(10), bytes });
  }

  /** The page that a small bucket carries in its value; it has no number of its own. */
  #inlinePage(bucket: BoltBucket): Page {
    const bytes = bucket.inline;
    const { rootPage } = this.meta;
    if (bytes.length < pageHeaderBytes || bytes.readUInt16LE(8) !== pageType.leaf) {
      throw this.#damaged(rootPage, `holds half of the bucket ${bucket.name}`);
    }
    return this.#checked({ number: rootPage, kind: "leaf", count: bytes.readUInt16LE(10), bytes });
  }

  /** Elements that share bytes could make a small file endless. */
  #checked(page: Page): Page {
    const { bytes, count, kind } = page;
    const room = bytes.length - pageHeaderBytes - count * leafElementBytes;
    let used = 0;
    for (let element = 0; element < count && used <= room; element++) {
      const at = pageHeaderBytes + element * leafElementBytes;
      used += kind === "leaf" ? bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12) : bytes.readUInt32LE(at + 4);
    }
    if (used <= room) return page;
    throw this.#damaged(page.number, `says that it has ${count} elements, which need more room than it has`);
  }

  #childOf(page: Page, element: number): number {
    return Number(page.bytes.readBigUInt64LE(pageHeaderBytes + element * branchElementBytes + 8));
  }

  #leafKey(page: Page, element: number): Buffer {
    const at = pageHeaderBytes + element * leafElementBytes;
    const start = at + page.bytes.readUInt32LE(at + 4);
    const end = start + page.bytes.readUInt32LE(at + 8);
    if (end > page.bytes.length || end === start) throw this.#damaged(page.number, `has a key outside of itself`);
    return page.bytes.subarray(start, end);
  }

  #leafElement(page: Page, element: number): { flags: number; key: Buffer; value: Buffer } {
    const at = pageHeaderBytes + element * leafElementBytes;
    const key = this.#leafKey(page, element);
    const start = at + page.bytes.readUInt32LE(at + 4) + key.length;
    const end = start + page.bytes.readUInt32LE(at + 12);
    if (end > page.bytes.length) throw this.#damaged(page.number, "has a value that goes on outside of it");
    return { flags: page.bytes.readUInt32LE(at), key, value: page.bytes.subarray(start, end) };
  }

  #damaged(page: number, what: string): SnapshotFileError {
    return this.#problem("Damaged", `${this.#file.name} is damaged: page ${page} ${what}`);
  }

  #problem(code: SnapshotFileProblem, message: string): SnapshotFileError {
    return new SnapshotFileError(code, message);
  }
}

/** One bit for each page. */
class PageSet {
  readonly #bits: Uint8Array;

  constructor(pageCount: number) {
    this.#bits = new Uint8Array(Math.ceil(pageCount / 8));
  }

  /** False when one of them is there already. */
  add(first: number, count: number): boolean {
    for (let page = first; page < first + count; page++) {
      const bit = 1 << (page & 7);
      const byte = this.#bits[page >>> 3] ?? 0xff;
      if ((byte & bit) !== 0) return false;
      this.#bits[page >>> 3] = byte | bit;
    }
    return true;
  }
}

function powersOfTwo(from: number, to: number): number[] {
  const all: number[] = [];
  for (let size = from; size <= to; size *= 2) all.push(size);
  return all;
}

function notASnapshot(name: string, sizeBytes: number): string {
  if (sizeBytes === 0) return `${name} is empty`;
  return `${name} is no etcd snapshot: both meta pages are missing or damaged`;
}

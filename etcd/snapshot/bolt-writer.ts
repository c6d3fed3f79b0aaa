import { writeSync } from "node:fs";
import {
  boltMagic,
  boltVersion,
  branchElementBytes,
  bucketElementFlag,
  bucketHeaderBytes,
  fnv64a,
  leafElementBytes,
  metaBytes,
  pageHeaderBytes,
  pageType,
} from "./bolt-format.ts";

interface Element {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly flags: number;
}

interface Child {
  readonly firstKey: Buffer;
  readonly page: number;
}

/** The list of free pages is page 2, and empty: a file that is written in one go has none. */
const freelistPage = 2;
const firstDataPage = 3;
const pieceBytes = 1024 * 1024;

/**
 * Writes a bbolt file in one go: buckets in the order of their names, entries in the order of their keys. Only the first keys of
 * pages are kept in memory. What is written becomes a database when `finish()` has returned.
 */
export class BoltWriter {
  readonly #descriptor: number;
  readonly #pageSizeBytes: number;
  readonly #buckets: Element[] = [];
  #pages = firstDataPage;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writtenBytes: number;

  /** @param descriptor - an empty file, open for reading and writing */
  constructor(descriptor: number, options: { readonly pageSizeBytes: number }) {
    this.#descriptor = descriptor;
    this.#pageSizeBytes = options.pageSizeBytes;
    this.#writtenBytes = firstDataPage * options.pageSizeBytes;
  }

  /** Starts the next bucket; the one before must have been ended. */
  bucket(name: string, options: { readonly sequence: bigint }): BucketWriter {
    const end = (root: number) => {
      const value = Buffer.alloc(bucketHeaderBytes);
      value.writeBigUInt64LE(BigInt(root), 0);
      value.writeBigUInt64LE(options.sequence, 8);
      this.#buckets.push({ key: Buffer.from(name, "latin1"), value, flags: bucketElementFlag });
    };
    return this.#tree(end);
  }

  /** Writes the list of buckets and the first pages. Answers the size of the database. */
  finish(): number {
    let rootPage = 0;
    const root = this.#tree((page) => {
      rootPage = page;
    });
    for (const { key, value } of this.#buckets) root.add(key, value, bucketElementFlag);
    root.end();
    this.#flush();
    const freelist = this.#newPage(freelistPage, { type: pageType.freelist, count: 0, bytes: this.#pageSizeBytes });
    const head = Buffer.concat([this.#metaPage(0, rootPage), this.#metaPage(1, rootPage), freelist]);
    writeFully(this.#descriptor, head, 0);
    return this.#writtenBytes;
  }

  #tree(end: (root: number) => void): BucketWriter {
    const children: Child[] = [];
    let elements: Element[] = [];
    let bytes = pageHeaderBytes;
    const flush = () => {
      const page = this.#append(this.#leafPage(elements, bytes));
      children.push({ firstKey: elements[0]?.key ?? Buffer.alloc(0), page });
      elements = [];
      bytes = pageHeaderBytes;
    };
    return {
      add: (key, value, flags = 0) => {
        const size = leafElementBytes + key.length + value.length;
        if (elements.length > 0 && bytes + size > this.#pageSizeBytes) flush();
        elements.push({ key, value, flags });
        bytes += size;
      },
      end: () => {
        if (elements.length > 0 || children.length === 0) flush();
        end(this.#branchesOver(children));
      },
    };
  }

  /** Levels of branches until one page is left. Each level is spread evenly over its pages, so that none has a single child. */
  #branchesOver(children: readonly Child[]): number {
    let level = children;
    while (level.length > 1) {
      const longest = Math.max(...level.slice(0, 1_000).map((child) => child.firstKey.length), 64);
      const perPage = Math.max(2, Math.floor((this.#pageSizeBytes - pageHeaderBytes) / (branchElementBytes + longest)));
      const pages = Math.ceil(level.length / perPage);
      level = Array.from({ length: pages }, (_, index) => {
        const start = Math.floor((index * level.length) / pages);
        return this.#branch(level.slice(start, Math.floor(((index + 1) * level.length) / pages)));
      });
    }
    return level[0]?.page ?? 0;
  }

  #branch(children: readonly Child[]): Child {
    const bytes = children.reduce((sum, { firstKey }) => sum + branchElementBytes + firstKey.length, pageHeaderBytes);
    const page = this.#newPage(this.#pages, { type: pageType.branch, count: children.length, bytes });
    let data = pageHeaderBytes + children.length * branchElementBytes;
    children.forEach(({ firstKey, page: child }, index) => {
      const at = pageHeaderBytes + index * branchElementBytes;
      page.writeUInt32LE(data - at, at);
      page.writeUInt32LE(firstKey.length, at + 4);
      page.writeBigUInt64LE(BigInt(child), at + 8);
      data += firstKey.copy(page, data);
    });
    return { firstKey: children[0]?.firstKey ?? Buffer.alloc(0), page: this.#append(page) };
  }

  #leafPage(elements: readonly Element[], bytes: number): Buffer {
    const page = this.#newPage(this.#pages, { type: pageType.leaf, count: elements.length, bytes });
    let data = pageHeaderBytes + elements.length * leafElementBytes;
    elements.forEach(({ key, value, flags }, index) => {
      const at = pageHeaderBytes + index * leafElementBytes;
      page.writeUInt32LE(flags, at);
      page.writeUInt32LE(data - at, at + 4);
      page.writeUInt32LE(key.length, at + 8);
      page.writeUInt32LE(value.length, at + 12);
      data += key.copy(page, data);
      data += value.copy(page, data);
    });
    return page;
  }

  #newPage(number: number, content: { type: number; count: number; bytes: number }): Buffer {
    const pages = Math.ceil(content.bytes / this.#pageSizeBytes);
    const page = Buffer.alloc(pages * this.#pageSizeBytes);
    page.writeBigUInt64LE(BigInt(number), 0);
    page.writeUInt16LE(content.type, 8);
    page.writeUInt16LE(content.count, 10);
    page.writeUInt32LE(pages - 1, 12);
    return page;
  }

  #metaPage(number: 0 | 1, rootPage: number): Buffer {
    const page = this.#newPage(number, { type: pageType.meta, count: 0, bytes: this.#pageSizeBytes });
    const meta = page.subarray(pageHeaderBytes, pageHeaderBytes + metaBytes);
    meta.writeUInt32LE(boltMagic, 0);
    meta.writeUInt32LE(boltVersion, 4);
    meta.writeUInt32LE(this.#pageSizeBytes, 8);
    meta.writeBigUInt64LE(BigInt(rootPage), 16);
    meta.writeBigUInt64LE(BigInt(freelistPage), 32);
    meta.writeBigUInt64LE(BigInt(this.#pages), 40);
    meta.writeBigUInt64LE(BigInt(number), 48);
    meta.writeBigUInt64LE(fnv64a(meta.subarray(0, metaBytes - 8)), metaBytes - 8);
    return page;
  }

  /** Takes the next page number; the page has been made for it. */
  #append(page: Buffer): number {
    const number = this.#pages;
    this.#pages += page.length / this.#pageSizeBytes;
    this.#pending.push(page);
    this.#pendingBytes += page.length;
    if (this.#pendingBytes >= pieceBytes) this.#flush();
    return number;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    writeFully(this.#descriptor, Buffer.concat(this.#pending), this.#writtenBytes);
    this.#writtenBytes += this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

export interface BucketWriter {
  /** Keys in ascending order, none twice. */
  add(key: Buffer, value: Buffer, flags?: number): void;
  end(): void;
}

function writeFully(descriptor: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

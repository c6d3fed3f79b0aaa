import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BoltReader } from "./bolt-reader.ts";
import { BoltWriter } from "./bolt-writer.ts";
import { overBytes } from "./random-access.ts";
import { SnapshotFileError } from "./snapshot-file-error.ts";

const pageSizeBytes = 512;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-bolt-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Buckets = Readonly<Record<string, readonly (readonly [key: string, value: string])[]>>;

function write(buckets: Buckets, options = { pageSizeBytes }): Buffer {
  const path = join(folder, "db");
  const descriptor = openSync(path, "w+");
  const writer = new BoltWriter(descriptor, options);
  for (const [name, entries] of Object.entries(buckets)) {
    const bucket = writer.bucket(name, { sequence: 7n });
    for (const [key, value] of entries) bucket.add(Buffer.from(key), Buffer.from(value));
    bucket.end();
  }
  const size = writer.finish();
  closeSync(descriptor);
  const bytes = readFileSync(path);
  expect(bytes.length).toBe(size);
  return bytes;
}

function read(bytes: Buffer, order: "ascending" | "descending" = "ascending"): Buckets {
  const reader = new BoltReader(overBytes(bytes, "FILE"));
  const seen = reader.newPageSet();
  return Object.fromEntries(
    reader.buckets.map((bucket) => [
      bucket.name,
      [...reader.entries(bucket, { order, seen })].map(({ key, value }) => [key.toString(), value.toString()] as const),
    ]),
  );
}

function entries(count: number, valueBytes: number): readonly (readonly [string, string])[] {
  return Array.from({ length: count }, (_, index) => [String(index).padStart(6, "0"), "v".repeat(valueBytes)]);
}

test.each<[string, Buckets]>([
  ["no bucket", {}],
  ["an empty bucket", { key: [] }],
  ["one entry without a value", { key: [["k", ""]] }],
  ["a value of many pages", { a: [["k", "x".repeat(50_000)]], b: [["k", "y"]] }],
  ["a long value among short ones", { key: [...entries(20, 3), ["1", "z".repeat(5_000)], ["2", ""]] }],
  ["branches over branches", { key: entries(5_000, 20), meta: entries(3, 1) }],
  ["long keys", { key: entries(40, 0).map(([key]) => [key.repeat(30), key] as const) }],
])("what is written is read: %s", (_name, buckets) => {
  const bytes = write(buckets);
  expect(read(bytes)).toEqual(buckets);
  const backwards = Object.fromEntries(Object.entries(buckets).map(([name, all]) => [name, [...all].reverse()]));
  expect(read(bytes, "descending")).toEqual(backwards);
});

test("pages of another machine's size are read", () => {
  const buckets = { key: entries(500, 100) };
  for (const size of [4_096, 16_384, 65_536]) expect(read(write(buckets, { pageSizeBytes: size }))).toEqual(buckets);
});

test("one damaged meta page of two is no damage", () => {
  const buckets = { key: entries(100, 10) };
  const bytes = write(buckets);
  const noFirst = Buffer.from(bytes).fill(0, 0, pageSizeBytes);
  const noSecond = Buffer.from(bytes).fill(0xff, pageSizeBytes, 2 * pageSizeBytes);
  expect(read(noFirst)).toEqual(buckets);
  expect(read(noSecond)).toEqual(buckets);
});

describe("damage", () => {
  const buckets = { key: entries(200, 20), meta: entries(2, 2) };
  /** The first leaf is page 3. */
  const leaf = 3 * pageSizeBytes;

  test.each<[string, string, (bytes: Buffer) => Buffer]>([
    ["an empty file", "FILE is empty", () => Buffer.alloc(0)],
    ["another file", "FILE is no etcd snapshot", () => Buffer.alloc(4_096, "x")],
    ["half a file", "is cut off", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["a page in another's place", "page 3 says that it is page 4", (bytes) => edit(bytes, leaf, 4)],
    ["no sort of page", "page 3 is neither leaf nor branch", (bytes) => edit(bytes, leaf + 8, 0x10)],
    ["too many elements", "more room than it has", (bytes) => edit(bytes, leaf + 11, 0xff)],
    ["too long a page", "pages long", (bytes) => edit(bytes, leaf + 14, 0xff)],
    ["a position outside", "key outside of itself", (bytes) => edit(bytes, leaf + 16 + 7, 0xff)],
    ["a size outside", "more room than it has", (bytes) => edit(bytes, leaf + 16 + 14, 0xff)],
    ["keys out of order", "out of order", (bytes) => edit(bytes, bytes.indexOf("000001"), 0x39)],
    ["a bucket among values", "bucket inside the bucket key", (bytes) => edit(bytes, leaf + 16, 1)],
  ])("%s: %s", (_name, message, damage) => {
    expect(() => read(damage(write(buckets)))).toThrow(SnapshotFileError);
    expect(() => read(damage(write(buckets)))).toThrow(message);
  });

  test("a page that is its own child is read once", () => {
    const bytes = write(buckets);
    const reader = new BoltReader(overBytes(bytes, "FILE"));
    const root = reader.bucket("key")?.rootPage ?? 0;
    edit(bytes, root * pageSizeBytes + 16 + 8, root);
    expect(() => read(bytes)).toThrow(`page ${root} is used twice`);
  });

  test("whatever is changed, reading ends soon, in a sentence or in entries", () => {
    const sound = write({ key: entries(120, 30), meta: entries(3, 700), a: [] });
    const random = numbers(20_261_121);
    let refused = 0;
    for (let round = 0; round < 4_000; round++) {
      const bytes = Buffer.from(sound.subarray(0, round % 10 === 0 ? random(sound.length) : sound.length));
      for (let flips = 1 + random(4); flips > 0 && bytes.length > 0; flips--) {
        // Headers and elements matter more than values.
        const offset = random(2) === 0 ? random(bytes.length) : random(bytes.length / 512) * 512 + random(64);
        edit(bytes, Math.min(offset, bytes.length - 1), random(256));
      }
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(SnapshotFileError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

function edit(bytes: Buffer, offset: number, value: number): Buffer {
  bytes[offset] = value;
  return bytes;
}

/** Whole numbers below a bound, always the same ones. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, Math.floor(below));
  };
}

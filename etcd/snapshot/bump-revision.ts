import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { type BoltBucket, BoltReader } from "./bolt-reader.ts";
import { BoltWriter, type BucketWriter } from "./bolt-writer.ts";
import { overDescriptor, type RandomAccess } from "./random-access.ts";
import { revisionEntry } from "./revision-entry.ts";
import { formatRevisionKey } from "./revision-key.ts";
import { SnapshotFileError } from "./snapshot-file-error.ts";
import { Turns } from "./turns.ts";

/** In the bucket `meta`: up to which revision history has been asked to go, and is gone. */
const compactionKeys = ["finishedCompactRev", "scheduledCompactRev"];
/** What the old cluster has noted about itself. A restored one has members, terms and a version of its own, and notes them anew. */
const clusterBuckets = ["members", "members_removed", "cluster"];
const clusterKeys = ["confState", "storageVersion", "term"];
const pieceBytes = 1024 * 1024;

/**
 * Writes a snapshot file that holds what `source` holds at its newest revision and nothing older, as etcd itself would leave it
 * after `to` had been reached and compacted: a member restored from it starts at revision `to` and answers "compacted" to
 * whoever asks for an earlier one. Keys keep their values, revisions, versions and leases. The file ends with its SHA-256.
 *
 * @param options.to - higher than every revision in `source`
 * @throws SnapshotFileError when `source` is damaged; `target` is gone then
 * @see docs/decisions/0026-revisions-after-a-restore.md
 */
export async function bumpRevision(
  source: RandomAccess,
  target: string,
  options: { readonly to: bigint; readonly signal: AbortSignal },
): Promise<void> {
  const descriptor = openSync(target, "wx+", 0o600);
  try {
    const reader = new BoltReader(source);
    const writer = new BoltWriter(descriptor, reader.meta);
    for (const bucket of reader.buckets) {
      const output = writer.bucket(bucket.name, bucket);
      if (bucket.name === "key") await copyLive(bucket, output, { reader, source, ...options });
      else if (bucket.name === "meta") copyMeta(reader, bucket, output, options.to);
      else if (!clusterBuckets.includes(bucket.name)) await copyAll(reader, bucket, output, options);
      output.end();
    }
    await appendDigest(descriptor, writer.finish(), options);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Copies each key's newest revision, unless that is a deletion. */
async function copyLive(
  bucket: BoltBucket,
  output: BucketWriter,
  options: {
    readonly reader: BoltReader;
    readonly source: RandomAccess;
    readonly to: bigint;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { reader, source, to } = options;
  const turns = new Turns(options);
  const keys = new Set<string>();
  /** From the newest revision to the oldest: 1 for those that stay. */
  let stays = new Uint8Array(1024);
  let count = 0;
  for (const entry of reader.entries(bucket, { order: "descending" })) {
    if (turns.due()) await turns.rest();
    const { at, keyValue } = revisionEntry(entry, source.name);
    if (at.main >= to) {
      throw new SnapshotFileError("Unsupported", `${source.name} is at revision ${at.main}, which is not before ${to}`);
    }
    const key = keyValue.key.toString("latin1");
    if (count === stays.length) {
      const longer = new Uint8Array(count * 2);
      longer.set(stays);
      stays = longer;
    }
    if (key !== "" && !keys.has(key)) {
      keys.add(key);
      stays[count] = at.tombstone ? 0 : 1;
    }
    count++;
  }
  let position = count;
  for (const { key, value } of reader.entries(bucket)) {
    if (turns.due()) await turns.rest();
    if (stays[--position] === 1) output.add(key, value);
  }
}

function copyMeta(reader: BoltReader, bucket: BoltBucket, output: BucketWriter, to: bigint): void {
  const dropped = [...compactionKeys, ...clusterKeys];
  const entries = [...reader.entries(bucket)].filter(({ key }) => !dropped.includes(key.toString("latin1")));
  const compacted = compactionKeys.map((name) => ({ key: Buffer.from(name), value: formatRevisionKey(to) }));
  const all = [...entries, ...compacted].sort((a, b) => Buffer.compare(a.key, b.key));
  for (const { key, value } of all) output.add(key, value);
}

async function copyAll(
  reader: BoltReader,
  bucket: BoltBucket,
  output: BucketWriter,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const turns = new Turns(options);
  for (const { key, value } of reader.entries(bucket)) {
    if (turns.due()) await turns.rest();
    output.add(key, value);
  }
}

async function appendDigest(
  descriptor: number,
  sizeBytes: number,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const written = overDescriptor(descriptor, { name: "", sizeBytes });
  const hash = createHash("sha256");
  const turns = new Turns(options);
  for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
    hash.update(written.read(offset, pieceBytes));
    await turns.rest();
  }
  writeSync(descriptor, hash.digest(), 0, 32, sizeBytes);
}

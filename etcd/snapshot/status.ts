import { BoltReader } from "./bolt-reader.ts";
import { checkDigest, type FileKind } from "./checksum.ts";
import { crc32c } from "./crc32c.ts";
import { compactedRevision, later } from "./current-revision.ts";
import { objectKind } from "./object-kind.ts";
import type { RandomAccess } from "./random-access.ts";
import { revisionEntry } from "./revision-entry.ts";
import { Turns } from "./turns.ts";

/** What is in a snapshot file. */
export interface SnapshotStatus {
  readonly kind: FileKind;
  /** CRC-32C over names of buckets, keys and values: the HASH of etcdctl and etcdutl. */
  readonly hash: number;
  /** Of the newest entry: REVISION as both print it. */
  readonly revision: bigint;
  /** Where etcd was: later than `revision` when what came last has been deleted and compacted. */
  readonly currentRevision: bigint;
  /** Entries of all buckets, old revisions included: TOTAL KEYS as etcdctl 3.4 and 3.5 count. */
  readonly totalEntries: number;
  /** Keys that exist at the newest revision: TOTAL KEYS as etcdutl 3.6 counts. */
  readonly totalKeys: number;
  /** The database without the checksum at the end. */
  readonly sizeBytes: number;
  /** etcd's storage version, which etcd 3.6 began to note down: `3.6.0`. Empty before. */
  readonly storageVersion: string;
  /** Version of the cluster that made it, as far as it is noted down: `3.4.0`. */
  readonly clusterVersion: string;
  /** How many objects there are of each kind (`pods`, `services/specs`), in the order of their names. */
  readonly objects: ReadonlyMap<string, number>;
  /** Keys that exist and lie outside of the prefix. */
  readonly otherKeys: number;
}

/**
 * Reads a whole snapshot file and checks it on the way.
 *
 * @param options.prefix - what all keys of objects start with; default `/registry`
 * @throws SnapshotFileError that says what is wrong with the file
 */
export async function snapshotStatus(
  file: RandomAccess,
  options: { readonly signal: AbortSignal; readonly prefix?: string },
): Promise<SnapshotStatus> {
  const reader = new BoltReader(file);
  const kind = await checkDigest(file, options);
  const turns = new Turns(options);
  const seen = reader.newPageSet();
  const live = new Set<string>();
  const notes = new Map<string, string>();
  let compacted = 0n;
  let hash = 0;
  let revision = 0n;
  let totalEntries = 0;
  for (const bucket of reader.buckets) {
    hash = crc32c(Buffer.from(bucket.name, "latin1"), hash);
    for (const entry of reader.entries(bucket, { seen })) {
      hash = crc32c(entry.value, crc32c(entry.key, hash));
      totalEntries++;
      if (bucket.name === "key") {
        const { at, keyValue } = revisionEntry(entry, file.name);
        revision = at.main;
        const key = keyValue.key.toString("utf8");
        if (at.tombstone) live.delete(key);
        else live.add(key);
      } else if (bucket.name === "meta" || bucket.name === "cluster") {
        compacted = later(compacted, compactedRevision(entry));
        notes.set(entry.key.toString("latin1"), entry.value.toString("utf8"));
      }
      if (turns.due()) await turns.rest();
    }
  }
  return {
    kind,
    hash,
    revision,
    currentRevision: later(revision, compacted),
    totalEntries,
    totalKeys: live.size,
    sizeBytes: reader.meta.pageCount * reader.meta.pageSizeBytes,
    storageVersion: notes.get("storageVersion") ?? "",
    clusterVersion: notes.get("clusterVersion") ?? "",
    ...countObjects(live, options.prefix ?? "/registry"),
  };
}

function countObjects(live: ReadonlySet<string>, prefix: string): Pick<SnapshotStatus, "objects" | "otherKeys"> {
  const counts = new Map<string, number>();
  let otherKeys = 0;
  for (const key of live) {
    // etcdutl marks a raised revision with an entry for no key.
    if (key === "") continue;
    const kind = objectKind(key, prefix);
    if (kind === undefined) otherKeys++;
    else counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return { objects: new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1))), otherKeys };
}

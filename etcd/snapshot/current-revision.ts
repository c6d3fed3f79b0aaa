import { type BoltEntry, BoltReader } from "./bolt-reader.ts";
import type { RandomAccess } from "./random-access.ts";
import { parseRevisionKey } from "./revision-key.ts";

/**
 * The revision that an etcd with this database would start at: that of the newest entry, or of the last compaction, which may
 * have taken newer ones away. What its write-ahead log knows beyond that is not in the file.
 *
 * @throws SnapshotFileError when the file is damaged where it has to be read for this
 */
export function currentRevision(file: RandomAccess): bigint {
  const reader = new BoltReader(file);
  const keys = reader.bucket("key");
  const meta = reader.bucket("meta");
  let revision = 0n;
  if (keys !== undefined) {
    const [newest] = reader.entries(keys, { order: "descending" });
    if (newest !== undefined) revision = parseRevisionKey(newest.key)?.main ?? 0n;
  }
  if (meta !== undefined) {
    for (const entry of reader.entries(meta)) revision = later(revision, compactedRevision(entry));
  }
  return revision;
}

/** What an entry of the bucket `meta` says about compaction; 0 when it is about something else. */
export function compactedRevision(entry: BoltEntry): bigint {
  const name = entry.key.toString("latin1");
  if (name !== "finishedCompactRev" && name !== "scheduledCompactRev") return 0n;
  return parseRevisionKey(entry.value)?.main ?? 0n;
}

export function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

import { createHash } from "node:crypto";
import { BoltReader } from "./bolt-reader.ts";
import type { RandomAccess } from "./random-access.ts";
import { revisionEntry } from "./revision-entry.ts";
import { Turns } from "./turns.ts";

/** A key that exists at the newest revision of a snapshot. */
export interface StateEntry {
  readonly key: string;
  readonly modRevision: bigint;
  readonly createRevision: bigint;
  readonly version: bigint;
  /** 0: none. */
  readonly lease: bigint;
  /** SHA-256 of the stored value, in hex. */
  readonly valueHash: string;
}

/**
 * The keys that exist, the one that changed last first. The checksum at the end of the file is not looked at.
 *
 * @throws SnapshotFileError from the iteration, at the first page that is damaged
 */
export async function* readState(
  file: RandomAccess,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<StateEntry> {
  const reader = new BoltReader(file);
  const bucket = reader.bucket("key");
  if (bucket === undefined) return;
  const turns = new Turns(options);
  const seen = new Set<string>();
  for (const entry of reader.entries(bucket, { order: "descending" })) {
    if (turns.due()) await turns.rest();
    const { at, keyValue } = revisionEntry(entry, file.name);
    const key = keyValue.key.toString("utf8");
    // etcdutl marks a raised revision with an entry for no key.
    if (key === "" || seen.has(key)) continue;
    seen.add(key);
    if (at.tombstone) continue;
    yield {
      key,
      modRevision: at.main,
      createRevision: keyValue.createRevision,
      version: keyValue.version,
      lease: keyValue.lease,
      valueHash: createHash("sha256").update(keyValue.value).digest("hex"),
    };
  }
}

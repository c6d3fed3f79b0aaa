import type { BoltEntry } from "./bolt-reader.ts";
import { type KeyValue, parseKeyValue } from "./key-value.ts";
import { parseRevisionKey, type RevisionKey } from "./revision-key.ts";
import { SnapshotFileError } from "./snapshot-file-error.ts";

/**
 * One entry of etcd's bucket `key`: a revision, and what it did to which key.
 * @throws SnapshotFileError when it is none
 */
export function revisionEntry(
  entry: BoltEntry,
  fileName: string,
): { readonly at: RevisionKey; readonly keyValue: KeyValue } {
  const at = parseRevisionKey(entry.key);
  const keyValue = parseKeyValue(entry.value);
  if (at !== undefined && keyValue !== undefined) return { at, keyValue };
  const what = at === undefined ? `${entry.key.toString("hex")} is no revision` : `revision ${at.main} holds no key`;
  throw new SnapshotFileError("Damaged", `${fileName} is damaged: ${what}`);
}

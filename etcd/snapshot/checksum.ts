import { createHash } from "node:crypto";
import type { RandomAccess } from "./random-access.ts";
import { SnapshotFileError } from "./snapshot-file-error.ts";
import { Turns } from "./turns.ts";

/**
 * What a file is: a snapshot as etcd streams it, which ends with its SHA-256, or a plain copy of a member's database, which has
 * none.
 */
export type FileKind = "snapshot" | "plain copy";

const digestBytes = 32;
/** Databases are whole pages, and pages are whole sectors: what is left over can only be a digest. */
const sectorBytes = 512;
const pieceBytes = 1024 * 1024;

/**
 * Tells the two apart and checks the digest of a snapshot.
 * @throws SnapshotFileError when it has neither's size, or the digest belongs to other content
 * @see https://github.com/etcd-io/etcd/blob/v3.6.16/etcdutl/snapshot/v3_snapshot.go
 */
export async function checkDigest(file: RandomAccess, options: { readonly signal: AbortSignal }): Promise<FileKind> {
  const rest = file.sizeBytes % sectorBytes;
  if (rest === 0) return "plain copy";
  if (rest !== digestBytes) {
    throw new SnapshotFileError(
      "CutOff",
      `${file.name} is no whole etcd snapshot: ${file.sizeBytes} bytes are neither a database nor one with its checksum`,
    );
  }
  const contentBytes = file.sizeBytes - digestBytes;
  const hash = createHash("sha256");
  const turns = new Turns(options);
  for (let offset = 0; offset < contentBytes; offset += pieceBytes) {
    hash.update(file.read(offset, Math.min(pieceBytes, contentBytes - offset)));
    await turns.rest();
  }
  if (hash.digest().equals(file.read(contentBytes, digestBytes))) return "snapshot";
  throw new SnapshotFileError("Checksum", `${file.name} is damaged: its content does not match the SHA-256 at its end`);
}

import { type SnapshotStatus, snapshotStatus } from "../../etcd/snapshot/status.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../user-error.ts";
import type { DecryptionKeys } from "./encryption.ts";
import { humanBytes } from "./human-bytes.ts";
import { kindNames } from "./kind-names.ts";
import { openSnapshot } from "./plain-snapshot.ts";
import { ruledTable } from "./ruled-table.ts";

/**
 * `gatehouse snapshot status FILE`: reads the file, checks it, and prints what is in it.
 * @returns the exit code
 */
export async function printStatus(options: {
  readonly args: readonly string[];
  readonly keys: () => DecryptionKeys;
  readonly output: "table" | "json";
  readonly prefix: string;
  readonly signal: AbortSignal;
}): Promise<number> {
  const { args, prefix, signal } = options;
  const [path] = args;
  if (path === undefined || args.length > 1) throw new UsageError("snapshot status takes the name of one file");
  const file = await openSnapshot(path, options.keys());
  try {
    const status = await snapshotStatus(file, { prefix, signal });
    console.log(options.output === "json" ? statusJson(status) : statusText(status, path));
    return 0;
  } finally {
    file.close();
  }
}

/**
 * The table of the etcdctl, or since etcd 3.6 the etcdutl, that belongs to the etcd that made the file; then the objects of each
 * kind.
 */
export function statusText(status: SnapshotStatus, path: string): string {
  const names = kindNames();
  const objects = [...status.objects].map(([prefix, count]) => [names.get(prefix) ?? prefix, String(count)]);
  const other = status.otherKeys > 0 ? [["(other keys)", String(status.otherKeys)]] : [];
  const paragraphs = [
    ruledTable(
      ["HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE", ...(hasVersions(status) ? ["VERSION"] : [])],
      [
        [
          status.hash.toString(16),
          String(status.revision),
          String(totalKeys(status)),
          humanBytes(status.sizeBytes),
          ...(hasVersions(status) ? [status.storageVersion] : []),
        ],
      ],
    ),
    textTable(["KIND", "OBJECTS"], [...objects, ...other]),
  ];
  if (status.kind === "plain copy") {
    paragraphs.push(
      `${path} is a plain copy of a member's database: it has no checksum, and what only the member's write-ahead log knew is not in it.`,
    );
  }
  return paragraphs.join("\n\n");
}

/** etcdctl's fields, and then ours. */
function statusJson(status: SnapshotStatus): string {
  return JSON.stringify({
    hash: status.hash,
    revision: Number(status.revision),
    totalKey: totalKeys(status),
    totalSize: status.sizeBytes,
    version: status.storageVersion,
    checksum: status.kind === "snapshot" ? "verified" : "none",
    currentRevision: Number(status.currentRevision),
    entries: status.totalEntries,
    keys: status.totalKeys,
    objects: Object.fromEntries(status.objects),
    otherKeys: status.otherKeys,
  });
}

/** etcdutl counts keys that exist since 3.6; before, all entries. */
function totalKeys(status: SnapshotStatus): number {
  return hasVersions(status) ? status.totalKeys : status.totalEntries;
}

/** Whether etcd 3.6 or newer made it: its databases say their version, but not in their first seconds. */
function hasVersions({ storageVersion, clusterVersion }: SnapshotStatus): boolean {
  const [major = 0, minor = 0] = clusterVersion.split(".").map(Number);
  return storageVersion !== "" || major > 3 || (major === 3 && minor >= 6);
}

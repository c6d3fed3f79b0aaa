import { createHash } from "node:crypto";
import type { Kind } from "./kind.ts";

/** What discovery says of the version a kind is stored in, so that migrations can tell; undefined: never stored. */
export function storageVersionHash(kind: Kind): string | undefined {
  if (kind.storage === null) return undefined;
  const { group, version, kind: name } = kind.storage.as ?? kind;
  return createHash("sha256").update(`${group}/${version}/${name}`).digest().subarray(0, 8).toString("base64");
}

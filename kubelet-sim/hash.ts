import { createHash } from "node:crypto";
import { fnv32a } from "../component-base/fnv32a.ts";

/** 64 hexadecimal digits that are always the same for the same text: identifiers without a memory. */
export const hexDigest = (text: string) => createHash("sha256").update(text).digest("hex");

/** A number in [0, 1) that is always the same for the same text: jitter that survives a restart. */
export function unitHash(text: string): number {
  let hash = fnv32a(text);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

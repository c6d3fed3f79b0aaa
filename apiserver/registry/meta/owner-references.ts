import { equalJson } from "../../../api/json.ts";
import type { ObjectMeta } from "../../../api/meta.ts";

/** Drops repeated owner references in place and says so. */
export function dedupeOwners(meta: ObjectMeta, warn: (text: string) => void): void {
  const owners = meta.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const seenUids = new Set<string>();
  const repeatedUids = new Set<string>();
  for (const { uid } of owners) (seenUids.has(uid) ? repeatedUids : seenUids).add(uid);
  if (repeatedUids.size === 0) return;
  meta.ownerReferences = owners.filter(
    (owner, index) => owners.findIndex((other) => equalJson(other, owner)) === index,
  );
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such ` +
      `requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...repeatedUids].join(", ")}`,
  );
}

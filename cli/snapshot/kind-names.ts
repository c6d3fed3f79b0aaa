import { kinds } from "../../api/kinds.ts";

/** Where objects lie below the prefix → how kubectl calls them: `services/specs` → `services`, `leases` → `leases.coordination.k8s.io`. */
export function kindNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { storage, plural, group } of Object.values(kinds)) {
    if (storage === null || names.has(storage.prefix)) continue;
    names.set(storage.prefix, group === "" ? plural : `${plural}.${group}`);
  }
  return names;
}

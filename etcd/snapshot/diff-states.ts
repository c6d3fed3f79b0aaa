import type { StateEntry } from "./state.ts";

/** What somebody knew about a key: gateways (`/gatehouse/v1/etcd/known`), or a database that was set aside. */
export interface KnownKey {
  readonly storageKey: string;
  readonly revision: bigint;
  /** SHA-256 of the value, in hex. */
  readonly hash: string;
}

/** What going back to a snapshot does to the keys below the prefix; each list is sorted. */
export interface StateDifference {
  /** They are not in the snapshot. */
  readonly vanished: readonly string[];
  /** They had been deleted, and are in the snapshot. */
  readonly cameBack: readonly string[];
  /** Their value is another one again. */
  readonly changed: readonly string[];
  readonly unchanged: number;
}

/**
 * Compares what was known with what a snapshot holds. A key is unchanged when its revision is the same, or its value: one that
 * was changed and changed back counts as that.
 */
export async function diffStates(
  before: Iterable<KnownKey> | AsyncIterable<KnownKey>,
  after: AsyncIterable<StateEntry>,
  options: { readonly prefix: string },
): Promise<StateDifference> {
  const start = options.prefix.endsWith("/") ? options.prefix : `${options.prefix}/`;
  const known = new Map<string, KnownKey>();
  for await (const key of before) if (key.storageKey.startsWith(start)) known.set(key.storageKey, key);
  const cameBack: string[] = [];
  const changed: string[] = [];
  let unchanged = 0;
  for await (const { key, modRevision, valueHash } of after) {
    if (!key.startsWith(start)) continue;
    const was = known.get(key);
    known.delete(key);
    if (was === undefined) cameBack.push(key);
    else if (was.revision === modRevision || was.hash === valueHash) unchanged++;
    else changed.push(key);
  }
  return { vanished: [...known.keys()].sort(), cameBack: cameBack.sort(), changed: changed.sort(), unchanged };
}

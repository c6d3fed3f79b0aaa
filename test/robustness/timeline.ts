import type { Commit, Seen } from "./history.ts";

/** What a watcher must be told about one commit. */
export interface Expected {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly key: string;
  readonly revision: number;
  readonly write: string;
}

/** Everything that was committed, in order: what reads and watches are held to. */
export class Timeline {
  readonly commits: readonly Commit[];
  readonly #byRevision = new Map<number, Commit>();
  readonly #byKey = new Map<string, Commit[]>();

  constructor(commits: readonly Commit[]) {
    this.commits = commits;
    for (const commit of commits) {
      this.#byRevision.set(commit.revision, commit);
      const ofKey = this.#byKey.get(commit.key);
      if (ofKey === undefined) this.#byKey.set(commit.key, [commit]);
      else ofKey.push(commit);
    }
  }

  at(revision: number): Commit | undefined {
    return this.#byRevision.get(revision);
  }

  /** All changes of one key. */
  of(key: string): readonly Commit[] {
    return this.#byKey.get(key) ?? [];
  }

  /** The state below `prefix` at `revision`, by key; only objects of `group`, if one is given. */
  stateAt(revision: number, prefix: string, group?: string): Map<string, Seen> {
    const state = new Map<string, Seen>();
    for (const [key, commits] of this.#byKey) {
      if (!key.startsWith(prefix)) continue;
      const commit = commits[indexAfter(commits, revision) - 1];
      if (commit?.type !== "put" || (group !== undefined && commit.group !== group)) continue;
      const { write, uid } = commit;
      state.set(key, { key, revision: commit.revision, write, uid });
    }
    return state;
  }

  /**
   * The events that a watch below `prefix` must send, from the beginning: objects entering or leaving the group are ADDED or
   * DELETED, and DELETED carries the state that was there before.
   * @see k8s.io/apiserver v0.36.0 pkg/storage/cacher/cacher.go (watchCacheEvent conversion)
   */
  events(prefix: string, group?: string): Expected[] {
    const present = new Map<string, string>();
    const events: Expected[] = [];
    for (const { type, key, revision, write, group: now } of this.commits) {
      if (!key.startsWith(prefix)) continue;
      const before = present.get(key);
      if (type === "put" && (group === undefined || now === group)) {
        events.push({ type: before === undefined ? "ADDED" : "MODIFIED", key, revision, write });
        present.set(key, write);
      } else if (before !== undefined) {
        events.push({ type: "DELETED", key, revision, write: before });
        present.delete(key);
      }
    }
    return events;
  }
}

/** The index of the first of `sorted` whose revision is above `revision`. */
export function indexAfter(sorted: readonly { readonly revision: number }[], revision: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

import type { History, Violation, WatchRecord } from "../history.ts";
import { type Expected, indexAfter, Timeline } from "../timeline.ts";
import { sameState } from "./reads.ts";

const check = "watches";

/** One watcher with the changes that it must be told of. */
interface Follower {
  readonly watcher: number;
  readonly prefix: string;
  readonly group: string | undefined;
  readonly events: readonly Expected[];
  /** The next of `events` to come. */
  next: number;
  /** Everything up to here was sent, as far as the watcher can know: where it resumes. */
  revision: number;
  open: boolean;
}

/**
 * Held against what etcd committed, every watcher must have been sent each change that it watches for once, in order of
 * revisions, none left out and none made up, over all its connections to whichever gateway. A bookmark promises that nothing up
 * to its revision is still to come. 410 is an answer only where history is gone. What a watcher begins with must be the state at the revision that it was told.
 */
export function checkWatches(history: History): Violation[] {
  const violations: Violation[] = [];
  const timeline = new Timeline(history.commits);
  const eventsOf = new Map<string, readonly Expected[]>();
  const followers = new Map<number, Follower>();
  for (const record of history.watches) {
    const { watcher, prefix, group } = record;
    let follower = followers.get(watcher);
    if (follower === undefined) {
      const selector = `${prefix} ${group}`;
      const events = eventsOf.get(selector) ?? timeline.events(prefix, group);
      eventsOf.set(selector, events);
      follower = { watcher, prefix, group, events, next: 0, revision: history.startRevision, open: false };
      followers.set(watcher, follower);
    }
    const problem = take(follower, record, { timeline, compactedRevision: history.compactedRevision });
    if (problem === undefined) continue;
    violations.push({ check, text: `${describe(record)}: ${problem}` });
    // What follows from one mistake is not another one.
    resync(follower, record);
  }
  for (const follower of followers.values()) {
    const missing = follower.events[follower.next];
    if (missing === undefined) continue;
    const text = `watcher ${follower.watcher} was never sent ${describeExpected(missing)}, though all was well in the end`;
    violations.push({ check, text });
  }
  return violations;
}

/** Moves the follower on; says what is wrong, if something is. */
function take(
  follower: Follower,
  { what }: WatchRecord,
  { timeline, compactedRevision }: { timeline: Timeline; compactedRevision: number },
): string | undefined {
  switch (what.type) {
    case "open": {
      if (what.revision === follower.revision) return undefined;
      return `it asked for changes after @${what.revision}, but was at @${follower.revision}`;
    }
    case "state": {
      const back = what.revision < follower.revision ? `it was at @${follower.revision} already` : undefined;
      const state = timeline.stateAt(what.revision, follower.prefix, follower.group);
      follower.revision = what.revision;
      follower.next = indexAfter(follower.events, what.revision);
      return back ?? sameState(what.items, state);
    }
    case "BOOKMARK": {
      if (what.revision < follower.revision) return `it was at @${follower.revision} already`;
      const skipped = follower.events[follower.next];
      follower.revision = what.revision;
      if (skipped === undefined || skipped.revision > what.revision) return undefined;
      return `${describeExpected(skipped)} has not been sent`;
    }
    case "expired": {
      if (follower.revision < compactedRevision) return undefined;
      return `it was at @${follower.revision}, and etcd was compacted up to @${compactedRevision} only`;
    }
    case "end":
      return undefined;
    default: {
      const { seen } = what;
      const expected = follower.events[follower.next];
      if (seen.revision <= follower.revision) return `it was at @${follower.revision} already`;
      if (expected === undefined) return "nothing of the kind was committed";
      if (expected.revision < seen.revision) return `${describeExpected(expected)} has not been sent`;
      if (
        expected.revision !== seen.revision ||
        expected.type !== what.type ||
        expected.key !== seen.key ||
        expected.write !== seen.write
      ) {
        return `expected ${describeExpected(expected)}`;
      }
      follower.next++;
      follower.revision = seen.revision;
      return undefined;
    }
  }
}

/** After a mistake: goes on from what the record says, so that the next mistake found is a new one. */
function resync(follower: Follower, { what }: WatchRecord): void {
  const revision = "seen" in what ? what.seen.revision : "revision" in what ? what.revision : follower.revision;
  follower.revision = Math.max(follower.revision, revision);
  follower.next = indexAfter(follower.events, follower.revision);
}

function describe({ watcher, gateway, atMs, what, group }: WatchRecord): string {
  const object = "seen" in what ? ` ${what.seen.key} ${what.seen.write}@${what.seen.revision}` : "";
  const revision = "revision" in what ? ` @${what.revision}` : "";
  const selector = group === undefined ? "" : ` of group ${group}`;
  return `watcher ${watcher}${selector} via ${gateway} at ${atMs.toFixed(1)} ms: ${what.type}${object}${revision}`;
}

function describeExpected({ type, key, write, revision }: Expected): string {
  return `${type} ${key} ${write}@${revision}`;
}

import { describeOperation, type History, type Operation, type Seen, type Violation } from "../history.ts";
import { Timeline } from "../timeline.ts";

const check = "reads";

/**
 * A list is the state at one revision, all its pages together, whichever way it was asked for; an object that was read is one
 * that was committed; and a read that must not be older than N is not.
 */
export function checkReads({ operations, commits }: History): Violation[] {
  const violations: Violation[] = [];
  const timeline = new Timeline(commits);
  for (const operation of operations) {
    if (operation.outcome !== "ok" && operation.outcome !== "missing") continue;
    const problem =
      operation.verb === "list"
        ? listProblem(operation, timeline)
        : operation.verb === "get"
          ? getProblem(operation, timeline)
          : undefined;
    if (problem !== undefined) violations.push({ check, text: `${problem}: ${describeOperation(operation)}` });
  }
  return violations;
}

function listProblem(operation: Operation, timeline: Timeline): string | undefined {
  const { revision, items = [], pageRevisions = [], read, at = 0, key, group } = operation;
  if (revision === undefined) return undefined;
  const other = pageRevisions.find((page) => page !== revision);
  if (other !== undefined) return `its pages are of @${revision} and of @${other}`;
  if (read === "exact" && revision !== at) return `@${at} was asked for`;
  if (read === "notOlderThan" && revision < at) return `nothing below @${at} was to come`;
  return sameState(items, timeline.stateAt(revision, key, group));
}

function getProblem(operation: Operation, timeline: Timeline): string | undefined {
  const { seen, read, at = 0, key } = operation;
  if (seen !== undefined) {
    const commit = timeline.at(seen.revision);
    const known = commit?.type === "put" && commit.key === key;
    if (!known || commit.write !== seen.write || commit.uid !== seen.uid) {
      return `@${seen.revision} is not of a commit of ${seen.write}`;
    }
  }
  if (read !== "notOlderThan" || (seen !== undefined && seen.revision >= at)) return undefined;
  const then = timeline.stateAt(at, key).get(key);
  if (seen !== undefined) return then?.revision === seen.revision ? undefined : `it had changed by @${at}`;
  if (then === undefined) return undefined;
  const deleted = timeline.of(key).some(({ type, revision }) => type === "delete" && revision > at);
  return deleted ? undefined : `it was there at @${at} and has not been deleted since`;
}

/** What is different, if something is. */
export function sameState(items: readonly Seen[], state: ReadonlyMap<string, Seen>): string | undefined {
  for (const item of items) {
    const committed = state.get(item.key);
    if (committed === undefined) return `${item.key} ${item.write}@${item.revision} is shown, but is not there then`;
    if (committed.revision !== item.revision || committed.write !== item.write || committed.uid !== item.uid) {
      return `${item.key} is shown as ${item.write}@${item.revision}, but is ${committed.write}@${committed.revision} then`;
    }
  }
  if (new Set(items.map(({ key }) => key)).size !== items.length) return "an object is shown twice";
  if (items.length === state.size) return undefined;
  const shown = new Set(items.map(({ key }) => key));
  const missing = [...state.values()].find(({ key }) => !shown.has(key));
  return `${missing?.key} ${missing?.write}@${missing?.revision} is there then, but is not shown`;
}

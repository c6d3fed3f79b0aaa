import { type Commit, describeOperation, type History, isWrite, type Operation, type Violation } from "../history.ts";
import { Timeline } from "../timeline.ts";
import { sameState } from "./reads.ts";

const check = "durable";

/**
 * What was acknowledged was committed, as it was acknowledged, once; what was refused was not; and in the end all gateways and
 * etcd itself hold the same objects, which are those that the commits lead to.
 */
export function checkDurable(history: History): Violation[] {
  return [
    ...gaps(history.commits),
    ...acknowledgedPuts(history),
    ...acknowledgedDeletes(history),
    ...uninvited(history),
    ...finals(history),
  ].map((text) => ({ check, text }));
}

/** etcd counts the versions of a key: a commit left out of our own log of commits would show here. */
function* gaps(commits: readonly Commit[]): Generator<string> {
  const versions = new Map<string, number>();
  let revision = 0;
  for (const commit of commits) {
    if (commit.revision <= revision) yield `the log of commits is out of order at @${commit.revision}`;
    revision = commit.revision;
    const before = versions.get(commit.key) ?? 0;
    if (commit.type === "put" && commit.version !== before + 1) {
      yield `the log of commits lacks a change of ${commit.key} before @${commit.revision}`;
    }
    versions.set(commit.key, commit.version);
  }
}

function* acknowledgedPuts({ operations, commits }: History): Generator<string> {
  const timeline = new Timeline(commits);
  for (const operation of operations) {
    if (operation.outcome !== "ok" || operation.write === undefined || operation.revision === undefined) continue;
    const commit = timeline.at(operation.revision);
    const same =
      commit?.type === "put" &&
      commit.key === operation.key &&
      commit.write === operation.write &&
      (operation.seen === undefined || operation.seen.uid === commit.uid);
    if (!same) yield `acknowledged, but not committed so: ${describeOperation(operation)}`;
  }
}

/** A delete is answered with the uid of what it removed, and a uid can be removed once. */
function* acknowledgedDeletes({ operations, commits }: History): Generator<string> {
  const deletes = new Map(commits.filter(({ type }) => type === "delete").map((commit) => [commit.uid, commit]));
  const removers = new Map<string, Operation>();
  for (const operation of operations) {
    if (operation.verb !== "delete" || operation.outcome !== "ok" || operation.seen === undefined) continue;
    const { uid } = operation.seen;
    if (deletes.get(uid)?.key !== operation.key) yield `acknowledged, but not done: ${describeOperation(operation)}`;
    const other = removers.get(uid);
    if (other !== undefined) {
      yield `one object was removed twice: ${describeOperation(other)} | ${describeOperation(operation)}`;
    }
    removers.set(uid, operation);
  }
}

/** Commits that nobody may have asked for: of refused writes, of one write twice, of deletes that all came to nothing. */
function* uninvited({ operations, commits }: History): Generator<string> {
  const writers = new Map<string, Operation>();
  const mayDelete = new Map<string, number>();
  for (const operation of operations) {
    if (!isWrite(operation)) continue;
    if (operation.write !== undefined) writers.set(operation.write, operation);
    const counts = operation.outcome === "ok" || operation.outcome === "unknown";
    if (operation.verb === "delete" && counts) mayDelete.set(operation.key, (mayDelete.get(operation.key) ?? 0) + 1);
  }
  const committed = new Map<string, number>();
  for (const { type, key, write, revision } of commits) {
    const writer = writers.get(write);
    if (writer === undefined) continue;
    if (type === "delete") {
      const left = mayDelete.get(key) ?? 0;
      if (left === 0) yield `${key} ${write} was deleted at @${revision}, though every delete left was refused`;
      mayDelete.set(key, left - 1);
      continue;
    }
    const earlier = committed.get(write);
    if (earlier !== undefined) yield `committed twice, at @${earlier} and @${revision}: ${describeOperation(writer)}`;
    committed.set(write, revision);
    if (writer.outcome !== "ok" && writer.outcome !== "unknown") {
      yield `refused, but committed at @${revision}: ${describeOperation(writer)}`;
    }
    if (writer.outcome === "ok" && writer.revision !== revision) {
      yield `committed at @${revision}, but acknowledged otherwise: ${describeOperation(writer)}`;
    }
  }
}

function* finals({ finals: all, commits }: History): Generator<string> {
  const end = new Timeline(commits).stateAt(Number.POSITIVE_INFINITY, "");
  for (const { from, revision, items } of all) {
    const problem = sameState(items, end);
    if (problem !== undefined)
      yield `what ${from} holds in the end (@${revision}) is not what was committed: ${problem}`;
  }
}

import { describeOperation, type History, isWrite, type Operation, type Violation } from "../history.ts";

const check = "revisions";

/**
 * Every acknowledged write has a resourceVersion of its own, above all that anybody had been shown before it was sent, through
 * whichever gateway. A consistent list is of a revision not below those either.
 */
export function checkRevisions({ operations, watches }: History): Violation[] {
  const violations: Violation[] = [];
  const owners = new Map<number, Operation>();
  for (const operation of operations) {
    if (!isWrite(operation) || operation.outcome !== "ok" || operation.revision === undefined) continue;
    const owner = owners.get(operation.revision);
    if (owner !== undefined) {
      const text = `two writes have one revision: ${describeOperation(owner)} | ${describeOperation(operation)}`;
      violations.push({ check, text });
    }
    owners.set(operation.revision, operation);
  }

  const shown = shownRevisions({ operations, watches });
  let next = 0;
  let floor: Shown = { atMs: 0, revision: 0, by: () => "" };
  let reported: Shown | undefined;
  for (const claim of claims({ operations, watches })) {
    for (let entry = shown[next]; entry !== undefined && entry.atMs < claim.askedMs; entry = shown[++next]) {
      if (entry.revision > floor.revision) floor = entry;
    }
    // One mistaken answer makes all that comes after it look old.
    if (claim.revision > floor.revision - (claim.isNew ? 0 : 1) || reported === floor) continue;
    reported = floor;
    const text = `older than @${floor.revision}, which had been shown by ${floor.by()}: ${claim.text()}`;
    violations.push({ check, text });
  }
  return violations;
}

/** Who must be told of no older revision than there was when they asked; of writes, of a newer one. In the order of asking. */
function claims({ operations, watches }: Pick<History, "operations" | "watches">) {
  const found: { askedMs: number; revision: number; isNew: boolean; text: () => string }[] = [];
  for (const operation of operations) {
    const { callMs: askedMs, revision, outcome, verb, read } = operation;
    if (outcome !== "ok" || revision === undefined) continue;
    const isNew = isWrite(operation);
    if (!isNew && !(verb === "list" && read === "consistent")) continue;
    found.push({ askedMs, revision, isNew, text: () => describeOperation(operation) });
  }
  for (const { what, watcher, gateway } of watches) {
    if (what.type !== "state") continue;
    const { askedMs, revision } = what;
    found.push({
      askedMs,
      revision,
      isNew: false,
      text: () => `watcher ${watcher} via ${gateway} begins @${revision}`,
    });
  }
  return found.sort((a, b) => a.askedMs - b.askedMs);
}

interface Shown {
  readonly atMs: number;
  readonly revision: number;
  /** For people. */
  readonly by: () => string;
}

/** What clients were told of revisions, in the order in which they were told. */
function shownRevisions({ operations, watches }: Pick<History, "operations" | "watches">): Shown[] {
  const shown: Shown[] = [];
  for (const operation of operations) {
    const { revision, returnMs, outcome } = operation;
    if (outcome === "ok" && revision !== undefined) {
      shown.push({ atMs: returnMs, revision, by: () => describeOperation(operation) });
    }
  }
  for (const { what, atMs, watcher } of watches) {
    const by = () => `${what.type} to watcher ${watcher}`;
    if ("seen" in what) shown.push({ atMs, revision: what.seen.revision, by });
    else if (what.type === "BOOKMARK" || what.type === "state") shown.push({ atMs, revision: what.revision, by });
  }
  return shown.sort((a, b) => a.atMs - b.atMs);
}

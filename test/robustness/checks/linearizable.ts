import { describeOperation, type History, type Operation, type Seen, type Violation } from "../history.ts";
import { type Call, linearize } from "./linearize.ts";

/** How long one key may take; a key that is undecided then counts as a failure. */
const budgetMsPerKey = 10_000;

const neverSeen = "?";

/** What a key holds: which write made it, and the resourceVersion it had or is at least known to have passed. */
interface Register {
  readonly write: string | undefined;
  readonly revision: number;
}

/**
 * Every key must have behaved as one versioned register with create, update (guarded or not), delete and consistent reads.
 * A list counts as a read of every key at once. Reads that allow old answers (resourceVersion=0, N) are not of this game.
 */
export function checkLinearizable(history: History, deps: { readonly nowMs: () => number }): Violation[] {
  const violations: Violation[] = [];
  const writes = writeOfRevision(history.operations);
  for (const [key, operations] of byKey(history.operations)) {
    const calls = operations.flatMap((operation) => toCall(key, operation, writes));
    const deadlineMs = deps.nowMs() + budgetMsPerKey;
    const result = linearize(
      { write: undefined, revision: 0 } as Register,
      ({ write, revision }) => `${write}@${revision}`,
      calls,
      () => deps.nowMs() > deadlineMs,
    );
    if (result.kind === "linearizable") continue;
    const reason =
      result.kind === "undecided"
        ? `undecided after ${budgetMsPerKey} ms`
        : `not linearizable; ${result.longest} of ${calls.length} operations can be put in order, then one of these cannot: ${result.stuck
            .slice(0, 4)
            .map((call) => describeOperation(call))
            .join(" | ")}`;
    violations.push({ check: "linearizable", text: `${key}: ${reason}` });
  }
  return violations;
}

/** How long after the last operation on a key lists still count as reads of it. */
const afterwardsMs = 5_000;

function byKey(operations: readonly Operation[]): Map<string, Operation[]> {
  const keys = new Map<string, { readonly own: Operation[]; readonly fromMs: number; untilMs: number }>();
  for (const operation of operations) {
    const { verb, key, callMs, returnMs } = operation;
    if (verb === "list") continue;
    const entry = keys.get(key) ?? { own: [], fromMs: callMs, untilMs: 0 };
    keys.set(key, entry);
    entry.own.push(operation);
    entry.untilMs = Math.max(entry.untilMs, returnMs + afterwardsMs);
  }
  for (const operation of operations) {
    const { verb, read, outcome, group, callMs } = operation;
    if (verb !== "list" || read !== "consistent" || outcome !== "ok" || group !== undefined) continue;
    for (const [key, { own, fromMs, untilMs }] of keys) {
      if (key.startsWith(operation.key) && callMs >= fromMs && callMs <= untilMs) own.push(operation);
    }
  }
  return new Map([...keys].map(([key, { own }]) => [key, own]));
}

/** Whose state a resourceVersion names, as far as anybody was shown it. */
function writeOfRevision(operations: readonly Operation[]): Map<string, string> {
  const writes = new Map<string, string>();
  const note = ({ key, revision, write }: Seen) => writes.set(`${key}@${revision}`, write);
  for (const operation of operations) {
    if (operation.seen !== undefined && operation.verb !== "delete") note(operation.seen);
    for (const item of operation.items ?? []) note(item);
  }
  return writes;
}

function toCall(key: string, operation: Operation, writes: Map<string, string>): Call<Register, Operation>[] {
  const { verb, outcome, callMs, returnMs, guard } = operation;
  if (outcome === "refused") return [];
  if (verb === "list" || verb === "get") return readCall(key, operation);
  const base = { callMs, returnMs, source: operation };
  const guardWrite = guard === undefined ? undefined : writes.get(`${key}@${guard}`);
  const wantsAbsent = verb === "create";
  const mayHappen = ({ write }: Register) =>
    wantsAbsent ? write === undefined : write !== undefined && (guard === undefined || write === guardWrite);
  switch (outcome) {
    case "ok": {
      const revision = operation.revision;
      const step = (state: Register): Register | undefined => {
        if (!mayHappen(state)) return undefined;
        if (verb === "delete") return { write: undefined, revision: state.revision };
        if (revision === undefined || revision <= state.revision) return undefined;
        return { write: operation.write, revision };
      };
      return [{ ...base, order: revision ?? Number.POSITIVE_INFINITY, required: true, step }];
    }
    case "unknown": {
      const revision = revisionOf(operation.write ?? "", key, writes);
      // Writes that nobody ever saw cannot be told apart by what they wrote.
      const write = revision === undefined && verb !== "delete" ? neverSeen : operation.write;
      const twin = revision === undefined ? `${wantsAbsent} ${verb === "delete"} ${guard}` : undefined;
      const step = (state: Register): Register | undefined => {
        if (!mayHappen(state)) return undefined;
        if (verb === "delete") return { write: undefined, revision: state.revision };
        if (revision !== undefined && revision <= state.revision) return undefined;
        return { write, revision: revision ?? state.revision };
      };
      const order = revision ?? Number.POSITIVE_INFINITY;
      const never = Number.POSITIVE_INFINITY;
      return [{ ...base, order, returnMs: never, required: false, step, ...(twin !== undefined && { twin }) }];
    }
    case "exists":
      return [{ ...base, order: -1, required: true, step: (state) => (state.write === undefined ? undefined : state) }];
    case "missing":
      return [{ ...base, order: -1, required: true, step: (state) => (state.write === undefined ? state : undefined) }];
    case "conflict": {
      const differs = ({ write }: Register) => write !== undefined && write !== guardWrite;
      return [{ ...base, order: -1, required: true, step: (state) => (differs(state) ? state : undefined) }];
    }
  }
}

function readCall(key: string, operation: Operation): Call<Register, Operation>[] {
  const { callMs, returnMs, outcome, read } = operation;
  if (read !== "consistent" || (outcome !== "ok" && outcome !== "missing")) return [];
  const seen = operation.verb === "list" ? operation.items?.find((item) => item.key === key) : operation.seen;
  const step = (state: Register): Register | undefined => {
    if (seen === undefined) return state.write === undefined ? state : undefined;
    // A write whose answer was lost gets its revision from whoever saw it first, so the state's is exact here.
    return state.write === seen.write && state.revision === seen.revision ? state : undefined;
  };
  return [{ callMs, returnMs, source: operation, order: -1, required: true, step }];
}

const revisionsByWrite = new WeakMap<Map<string, string>, Map<string, number>>();

/** The resourceVersion under which somebody was shown this write. */
function revisionOf(write: string, key: string, writes: Map<string, string>): number | undefined {
  let index = revisionsByWrite.get(writes);
  if (index === undefined) {
    index = new Map();
    for (const [at, by] of writes) {
      const cut = at.lastIndexOf("@");
      index.set(`${at.slice(0, cut)} ${by}`, Number(at.slice(cut + 1)));
    }
    revisionsByWrite.set(writes, index);
  }
  return index.get(`${key} ${write}`);
}

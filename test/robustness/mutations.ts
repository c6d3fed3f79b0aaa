import type { Commit, History, Operation, WatchRecord } from "./history.ts";
import { podsPrefix } from "./objects.ts";

/** A recorded history with one mistake written into it, and the check that must see it. */
export interface Mutation {
  readonly name: string;
  readonly check: string;
  readonly mutate: (history: History) => History;
}

type EventRecord = WatchRecord & { readonly what: { readonly type: "ADDED" | "MODIFIED" | "DELETED" } };

const isEvent = (record: WatchRecord): record is EventRecord => "seen" in record.what;

/** One for every class of mistakes; each changes something in the middle of the history. */
export const mutations: readonly Mutation[] = [
  {
    name: "a watch leaves an event out",
    check: "watches",
    mutate: (history) =>
      withWatches(history, ({ at }) => [...history.watches.slice(0, at), ...history.watches.slice(at + 1)]),
  },
  {
    name: "a watch repeats an event",
    check: "watches",
    mutate: (history) => withWatches(history, ({ at, record }) => history.watches.toSpliced(at, 0, record)),
  },
  {
    name: "a watch lets two events change places",
    check: "watches",
    mutate: (history) =>
      withWatches(history, ({ at, record, next }) => history.watches.toSpliced(next + 1, 0, record).toSpliced(at, 1)),
  },
  {
    name: "a bookmark comes too early",
    check: "watches",
    mutate: (history) =>
      withWatches(history, ({ at, record }) => {
        const { revision } = "seen" in record.what ? record.what.seen : { revision: 0 };
        return history.watches.toSpliced(at, 0, { ...record, what: { type: "BOOKMARK", revision } });
      }),
  },
  {
    name: "a consistent get is answered with the state before",
    check: "linearizable",
    mutate(history) {
      const { at, operation, before } = find(history.operations, (operation) => {
        if (operation.verb !== "get" || operation.read !== "consistent" || operation.seen === undefined)
          return undefined;
        const ofKey = history.commits.filter(
          ({ key, revision }) => key === operation.key && revision <= (operation.revision ?? 0),
        );
        const previous = ofKey.at(-2);
        const known = history.operations.find(
          ({ revision, outcome }) => outcome === "ok" && revision === ofKey.at(-1)?.revision,
        );
        const late = known !== undefined && known.returnMs < operation.callMs;
        return previous?.type === "put" && late ? { before: previous } : undefined;
      });
      const { key, write, uid, revision } = before;
      return withOperation(history, at, { ...operation, revision, seen: { key, write, uid, revision } });
    },
  },
  {
    name: "a list leaves an object out",
    check: "reads",
    mutate(history) {
      const { at, operation, items } = find(history.operations, ({ verb, items }) =>
        verb === "list" && items !== undefined && items.length > 1 ? { items } : undefined,
      );
      return withOperation(history, at, { ...operation, items: items.slice(1) });
    },
  },
  {
    name: "a write is acknowledged and lost",
    check: "durable",
    mutate(history) {
      const { operation } = acknowledged(history);
      return { ...history, commits: history.commits.filter(({ revision }) => revision !== operation.revision) };
    },
  },
  {
    name: "a write is refused and done",
    check: "durable",
    mutate(history) {
      const { at, operation } = acknowledged(history);
      return withOperation(history, at, { ...operation, outcome: "refused" });
    },
  },
  {
    name: "a revision is used twice",
    check: "revisions",
    mutate(history) {
      const { at, operation } = acknowledged(history);
      const other = history.operations.findLast(
        ({ verb, outcome, revision }) => verb === "update" && outcome === "ok" && revision !== operation.revision,
      );
      return withOperation(history, at, { ...operation, revision: other?.revision ?? 0 });
    },
  },
  {
    name: "a gateway has something else in the end",
    check: "durable",
    mutate: (history) => ({
      ...history,
      finals: history.finals.map((final) =>
        final.from === "apiserver-2" ? { ...final, items: final.items.slice(1) } : final,
      ),
    }),
  },
  {
    name: "a Pod is bound twice",
    check: "bindings",
    mutate(history) {
      const bound = history.commits.findLast(({ key, node }) => key.startsWith(podsPrefix) && node !== undefined);
      const again: Commit[] = bound === undefined ? [] : [{ ...bound, node: "another-node" }];
      return { ...history, commits: [...history.commits, ...again] };
    },
  },
  {
    name: "a Pod too many is there in the end",
    check: "bindings",
    mutate: (history) => ({ ...history, wantedPods: (history.wantedPods ?? 0) - 1 }),
  },
];

/** An event of a watcher in the middle, and the one that the same watcher was sent right after it on the same stream. */
function withWatches(
  history: History,
  change: (found: {
    readonly at: number;
    readonly next: number;
    readonly record: EventRecord;
  }) => readonly WatchRecord[],
): History {
  const { watches } = history;
  for (const at of fromTheMiddle(watches)) {
    const record = watches[at];
    if (record === undefined || !isEvent(record)) continue;
    const next = watches.findIndex((other, index) => index > at && other.watcher === record.watcher);
    const following = watches[next];
    if (following !== undefined && isEvent(following)) return { ...history, watches: change({ at, next, record }) };
  }
  throw new Error("no watcher was sent two events in a row");
}

function acknowledged(history: History) {
  return find(history.operations, ({ verb, outcome }) => (verb === "patch" && outcome === "ok" ? {} : undefined));
}

/** The first from the middle on for which `choose` answers. */
function find<T extends object>(
  operations: readonly Operation[],
  choose: (operation: Operation) => T | undefined,
): { readonly at: number; readonly operation: Operation } & T {
  for (const at of fromTheMiddle(operations)) {
    const operation = operations[at];
    const chosen = operation && choose(operation);
    if (operation !== undefined && chosen !== undefined) return { at, operation, ...chosen };
  }
  throw new Error("the history has no operation for this mistake");
}

function withOperation(history: History, at: number, operation: Operation): History {
  return { ...history, operations: history.operations.with(at, operation) };
}

/** Every index, those of the second half first. */
function fromTheMiddle(items: readonly unknown[]): number[] {
  const middle = Math.floor(items.length / 2);
  return items.map((_, index) => (index + middle) % items.length);
}

/**
 * All that happened in one run, as clients saw it and as etcd committed it. Times are milliseconds of one monotonic clock;
 * revisions are numbers here: a test never makes 2^53 of them.
 */
export interface History {
  readonly seed: number;
  /** Where the committed log below begins: its state is empty for {@link keyPrefix}. */
  readonly startRevision: number;
  readonly operations: readonly Operation[];
  /** In the order in which each watcher got them. */
  readonly watches: readonly WatchRecord[];
  /** What etcd committed, from a watch on etcd itself that never goes through a gateway; every revision once, in order. */
  readonly commits: readonly Commit[];
  /** The last word of every gateway and of etcd, after all faults were healed. */
  readonly finals: readonly Final[];
  readonly faults: readonly FaultRecord[];
  /** The newest revision that etcd was asked to forget; 0: none was. */
  readonly compactedRevision: number;
  /** What did not come back after all faults were over, and where members of etcd contradict each other. */
  readonly troubles: readonly string[];
  /** What was wanted of Pods in the end, if any were. */
  readonly wantedPods?: number;
}

export type Verb = "create" | "update" | "patch" | "delete" | "get" | "list";

/**
 * `ok`, `exists`, `conflict` and `missing` are certain and tell something about the key's state; `refused` is certain to have had
 * no effect (503, 429, no connection); `unknown` may have had its effect, or may still have it (504, a cut connection).
 */
export type Outcome = "ok" | "exists" | "conflict" | "missing" | "refused" | "unknown";

/** One object as somebody saw it. */
export interface Seen {
  readonly key: string;
  readonly revision: number;
  /** Which write made this state; unique. */
  readonly write: string;
  readonly uid: string;
  /** Of Pods: spec.nodeName. */
  readonly node?: string;
}

export interface Operation {
  readonly kind: "operation";
  readonly id: number;
  readonly client: number;
  readonly gateway: string;
  readonly verb: Verb;
  /** `configmaps/ns/name`; of a list: the prefix, ending with `/`. */
  readonly key: string;
  readonly callMs: number;
  readonly returnMs: number;
  readonly outcome: Outcome;
  /** HTTP status; 0: there was none. */
  readonly code: number;
  /** Message of a Status or of an error, for people. */
  readonly message?: string;
  /** What this write wrote. */
  readonly write?: string;
  /** The resourceVersion that it demanded of the present state. */
  readonly guard?: number;
  /** How new a read had to be. `any` is resourceVersion=0. */
  readonly read?: "consistent" | "any" | "notOlderThan" | "exact";
  /** The revision that `notOlderThan` and `exact` named. */
  readonly at?: number;
  /** Of a list: only objects with this label. */
  readonly group?: string;
  /** Of a list: the size of its pages; the items are of all of them. */
  readonly limit?: number;
  /** Of an object that came back, or of a list. Deletes are answered without one. */
  readonly revision?: number;
  /** Resource versions of all pages of a list. */
  readonly pageRevisions?: readonly number[];
  /** The object that came back, or that a delete removed (uid only). */
  readonly seen?: Seen;
  readonly items?: readonly Seen[];
}

/** One thing that happened to a watcher, which is one client that goes on watching through many connections. */
export interface WatchRecord {
  readonly kind: "watch";
  readonly watcher: number;
  readonly gateway: string;
  readonly atMs: number;
  readonly what: /** It begins anew from a state that it read: a list, or initial events. `items` are at `revision`. */
    | {
        readonly type: "state";
        readonly revision: number;
        readonly items: readonly Seen[];
        /** When it asked. */
        readonly askedMs: number;
      }
    /** A connection is open, asked for changes after `revision`. */
    | { readonly type: "open"; readonly revision: number }
    | {
        readonly type: "ADDED" | "MODIFIED" | "DELETED";
        readonly seen: Seen;
      }
    | { readonly type: "BOOKMARK"; readonly revision: number }
    /** 410: its revision is gone from history. Only right where etcd was compacted. */
    | { readonly type: "expired" }
    /** The connection ended, however it did. */
    | { readonly type: "end" };
  readonly prefix: string;
  readonly group?: string;
}

export interface Commit {
  readonly kind: "commit";
  readonly revision: number;
  readonly type: "put" | "delete";
  readonly key: string;
  /** Of a delete: of the state that it ended. */
  readonly write: string;
  readonly uid: string;
  readonly group: string;
  /** Of Pods: spec.nodeName. */
  readonly node?: string;
  /** etcd's count of the key's versions since it was created; 0 for a delete. It has no gaps. */
  readonly version: number;
}

export interface Final {
  readonly kind: "final";
  /** A gateway's name, or `etcd`. */
  readonly from: string;
  readonly revision: number;
  readonly items: readonly Seen[];
}

export interface FaultRecord {
  readonly kind: "fault";
  readonly atMs: number;
  readonly text: string;
}

/** What a check has found. Empty arrays are good news. */
export interface Violation {
  readonly check: string;
  /** One sentence that names keys, revisions and operations. */
  readonly text: string;
}

/** Effects that a write may have. */
export function isWrite(operation: Operation): boolean {
  return operation.verb !== "get" && operation.verb !== "list";
}

/** One line about an operation, for people. */
export function describeOperation(operation: Operation): string {
  const { id, client, gateway, verb, key, callMs, returnMs, outcome, write, guard, read, at, revision, seen } =
    operation;
  const parts = [
    `#${id} client ${client} via ${gateway}`,
    `[${callMs.toFixed(1)}–${returnMs.toFixed(1)} ms]`,
    verb,
    key,
    ...(write === undefined ? [] : [`write ${write}`]),
    ...(guard === undefined ? [] : [`guard @${guard}`]),
    ...(read === undefined ? [] : [read === "any" || read === "consistent" ? read : `${read} @${at}`]),
    `→ ${outcome}`,
    ...(seen === undefined ? [] : [seen.write]),
    ...(revision === undefined ? [] : [`@${revision}`]),
  ];
  return parts.join(" ");
}

/** What storage tells the flight recorder. Called on the hot path: note and return. */
export interface StorageObserver {
  /** A write of ours was answered. */
  transaction(record: TransactionRecord): void;
  /** The change has reached this process's memory; `atMs` on the clock's monotonic scale. */
  event(record: EventRecord): void;
}

export interface TransactionRecord {
  readonly requestId: string | undefined;
  readonly storageKey: string;
  readonly revision: bigint;
  readonly operation: "create" | "update" | "delete";
  /** `clock.monotonicMs()` before and after the call to etcd. */
  readonly sentMs: number;
  readonly answeredMs: number;
}

export interface EventRecord {
  readonly storageKey: string;
  readonly revision: bigint;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly atMs: number;
  /** This process did not make the revision: another gateway, an expired lease, or somebody who bypassed us. */
  readonly foreign: boolean;
}

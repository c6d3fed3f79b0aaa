/** What storage tells the flight recorder. Called on the hot path: note and return. */
export interface StorageObserver {
  /** A write of ours was answered. */
  transaction(record: TransactionRecord): void;
  /** The change has reached this process's memory; `atMs` on the clock's monotonic scale. */
  event(record: EventRecord): void;
}

/** What a request to etcd did, or would have done. */
export type EtcdOperation = "create" | "update" | "delete" | "get" | "list";

/** Is told of every request about keys that etcd has answered or failed to. Called on the hot path: note and return. */
export interface EtcdRequestObserver {
  /** @param storageKey - the key, or the prefix of many */
  etcdAnswered(operation: EtcdOperation, storageKey: string, durationMs: number): void;
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

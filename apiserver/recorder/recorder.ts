import type { Delivery, FinishedRequest, Observer, OpenedWatch } from "../http/observer.ts";
import type { EventRecord, StorageObserver, TransactionRecord } from "../storage/observer.ts";
import { DeliveryLog } from "./delivery-log.ts";
import { ForeignWrites, type ForeignWritesDeps } from "./foreign-writes.ts";
import { Ring } from "./ring.ts";

/** A change of an object: by a transaction of ours, or seen in etcd without one. */
export interface ChangeRecord extends TransactionRecord {
  /** Not made by this gateway; both times are when it was seen. */
  readonly foreign?: boolean;
}

/** A watcher and what it was told; kept for a while after it has gone. */
export interface WatcherRecord {
  readonly watch: OpenedWatch;
  readonly log: DeliveryLog;
}

export interface RecorderLimits {
  /** Transactions remembered. Default 20,000. */
  readonly transactions?: number;
  /** Writing requests remembered. Default 20,000. */
  readonly requests?: number;
  /** Revisions remembered per watcher. Default 256. */
  readonly deliveriesPerWatcher?: number;
  /** Watchers remembered, open and closed. Default 2,000. */
  readonly watchers?: number;
}

/**
 * The flight recorder: what happened, at which revision, who was told. Bounded rings in memory; each note is a few
 * assignments, and all joining is done when somebody asks. All times are monotonic milliseconds of the gateway's clock.
 */
export class Recorder implements Observer, StorageObserver {
  readonly #transactions: Ring<ChangeRecord>;
  readonly #requests: Ring<FinishedRequest>;
  readonly #requestById = new Map<string, FinishedRequest>();
  readonly #watchers: Ring<WatcherRecord>;
  readonly #watcherById = new Map<number, WatcherRecord>();
  readonly #deliveriesPerWatcher: number;
  readonly #foreign: ForeignWrites;

  constructor(deps: ForeignWritesDeps, limits: RecorderLimits = {}) {
    this.#foreign = new ForeignWrites(deps);
    this.#transactions = new Ring(limits.transactions ?? 20_000);
    this.#requests = new Ring(limits.requests ?? 20_000);
    this.#watchers = new Ring(limits.watchers ?? 2_000);
    this.#deliveriesPerWatcher = limits.deliveriesPerWatcher ?? 256;
  }

  requestFinished(request: FinishedRequest): void {
    if (readingVerbs.has(request.verb)) return;
    this.#requestById.set(request.requestId, request);
    const dropped = this.#requests.push(request);
    if (dropped !== undefined) this.#requestById.delete(dropped.requestId);
  }

  watchOpened(watch: OpenedWatch): void {
    const record = { watch, log: new DeliveryLog(this.#deliveriesPerWatcher) };
    this.#watcherById.set(watch.watcherId, record);
    const dropped = this.#watchers.push(record);
    if (dropped !== undefined) this.#watcherById.delete(dropped.watch.watcherId);
  }

  watchClosed(): void {
    // What it was told stays known until newer watchers need the room.
  }

  watchDelivered(delivery: Delivery): void {
    const log = this.#watcherById.get(delivery.watcherId)?.log;
    if (log === undefined) return;
    for (const revision of delivery.revisions) log.note(revision, delivery.atMs);
  }

  transaction(record: ChangeRecord): void {
    this.#transactions.push(record);
  }

  event(record: EventRecord): void {
    if (!record.foreign) return;
    this.#foreign.seen(record);
    const { storageKey, revision, type, atMs } = record;
    const operation = operations[type];
    this.transaction({
      requestId: undefined,
      storageKey,
      revision,
      operation,
      sentMs: atMs,
      answeredMs: atMs,
      foreign: true,
    });
  }

  /** Revisions seen that this gateway did not make: other gateways', expired leases', or a bypass. */
  get foreignRevisions(): number {
    return this.#foreign.count;
  }

  /** Oldest first. */
  transactions(): Iterable<ChangeRecord> {
    return this.#transactions;
  }

  request(requestId: string): FinishedRequest | undefined {
    return this.#requestById.get(requestId);
  }

  /** Who was handed a revision, earliest first. */
  told(revision: bigint): { readonly watch: OpenedWatch; readonly atMs: number }[] {
    const told: { watch: OpenedWatch; atMs: number }[] = [];
    for (const { watch, log } of this.#watchers) {
      const atMs = log.timeOf(revision);
      if (atMs !== undefined) told.push({ watch, atMs });
    }
    return told.sort((left, right) => left.atMs - right.atMs);
  }
}

const operations = { ADDED: "create", MODIFIED: "update", DELETED: "delete" } as const;
const readingVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);

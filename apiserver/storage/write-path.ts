import type { ApiObject } from "../../api/meta.ts";
import type { Clock } from "../../component-base/clock.ts";
import { CachedObject } from "./cacher/cached-object.ts";
import type { Cacher } from "./cacher/cacher.ts";
import type { Freshness } from "./cacher/freshness.ts";
import type { PendingWrite, PendingWrites } from "./cacher/pending-writes.ts";
import { type EncodedValue, encodeValue } from "./cacher/stored-bytes.ts";
import { isLeaseGone } from "./etcd3/grpc-errors.ts";
import type { GuardedWriter, WriteOutcome } from "./etcd3/guarded-write.ts";
import type { KeyValue, TxnRequest } from "./etcd3/kv-messages.ts";
import type { Leases } from "./etcd3/leases.ts";
import type { StorageObserver } from "./observer.ts";
import {
  StorageError,
  type StoredObject,
  type UpdateDecision,
  type UpdateResult,
  type WriteContext,
} from "./storage.ts";

export interface WritePathDeps {
  readonly cacher: Cacher;
  readonly pending: PendingWrites;
  readonly freshness: Freshness;
  readonly writer: GuardedWriter;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Called while the watch lags behind what etcd has. */
  readonly onLag: () => void;
  readonly observer?: StorageObserver | undefined;
}

type Decide = (current: StoredObject | undefined) => UpdateDecision | Promise<UpdateDecision>;

/** What an attempt knows of the key: the object and whether it may be out of date. */
interface Shown {
  readonly current: CachedObject | undefined;
  readonly fresh: boolean;
}

interface PutOptions {
  /** mod_revision the key must have; 0: it must not exist. */
  readonly guard: bigint;
  /** Whether a refusal is to bring the newest state along. */
  readonly elseGet: boolean;
  readonly ttlSeconds: number | undefined;
  readonly context: WriteContext;
}

type PutOutcome =
  | { readonly kind: "done"; readonly stored: CachedObject }
  | { readonly kind: "refused"; readonly current: KeyValue | undefined };

const WITNESS_POLL_MS = 10;
/** The watch may have to move to another member first. */
const WITNESS_PATIENCE_MS = 3_000;
const LEASE_TIMEOUT_MS = 3_000;

/** create and update: one guarded Txn each, begun from memory. */
export class WritePath {
  readonly #deps: WritePathDeps;

  constructor(deps: WritePathDeps) {
    this.#deps = deps;
  }

  /** @throws StorageError */
  async create(
    storageKey: string,
    object: ApiObject,
    options: WriteContext & { ttlSeconds?: number },
  ): Promise<StoredObject> {
    const outcome = await this.#put(storageKey, object, {
      guard: 0n,
      elseGet: false,
      ttlSeconds: options.ttlSeconds,
      context: options,
    });
    if (outcome.kind === "refused") throw new StorageError("Exists", storageKey, `key ${storageKey} exists`);
    return outcome.stored;
  }

  /** @throws StorageError, or what `decide` throws about the newest state */
  async update(storageKey: string, decide: Decide, options: WriteContext): Promise<UpdateResult> {
    let shown: Shown = { current: this.#newestInMemory(storageKey), fresh: false };
    for (;;) {
      options.signal.throwIfAborted();
      const next = await this.#attempt(storageKey, shown, decide, options);
      if ("kind" in next) return next;
      shown = next;
    }
  }

  /** One round: the result, or the newer state to decide about. */
  async #attempt(
    storageKey: string,
    shown: Shown,
    decide: Decide,
    options: WriteContext,
  ): Promise<UpdateResult | Shown> {
    const { current } = shown;
    let decision: UpdateDecision;
    try {
      decision = await decide(current);
      if (current === undefined && decision.kind !== "put") throw missing(storageKey);
    } catch (error) {
      const newer = await this.#newerThan(storageKey, shown, options.signal);
      if (newer === undefined) throw error;
      return newer;
    }
    if (decision.kind === "put") {
      const guard = current?.revision ?? 0n;
      const outcome = await this.#put(storageKey, decision.object, {
        guard,
        elseGet: true,
        ttlSeconds: decision.ttlSeconds,
        context: options,
      });
      if (outcome.kind === "refused") return fromEtcd(outcome.current);
      return { kind: current === undefined ? "created" : "updated", stored: outcome.stored };
    }
    if (current === undefined) throw missing(storageKey);
    if (decision.kind === "delete") {
      const outcome = await this.#delete(storageKey, current.revision, options);
      if (outcome.kind === "refused") return fromEtcd(outcome.current);
      return { kind: "deleted", stored: current.deletedAt(outcome.revision) };
    }
    return (await this.#newerThan(storageKey, shown, options.signal)) ?? { kind: "kept", stored: current };
  }

  /** The newest state where it differs from the one shown; undefined: that one was the newest. */
  async #newerThan(storageKey: string, shown: Shown, signal: AbortSignal): Promise<Shown | undefined> {
    if (shown.fresh) return undefined;
    await this.#deps.freshness.consistent({ signal });
    const current = this.#deps.cacher.tree.get(storageKey);
    return current?.revision === shown.current?.revision ? undefined : { current, fresh: true };
  }

  #newestInMemory(storageKey: string): CachedObject | undefined {
    const cached = this.#deps.cacher.tree.get(storageKey);
    const written = this.#deps.pending.newest(storageKey);
    if (written === undefined) return cached;
    return cached === undefined || written.revision > cached.revision ? written : cached;
  }

  #put(storageKey: string, source: ApiObject, options: PutOptions): Promise<PutOutcome> {
    const encoded = encodeValue(source);
    const { ttlSeconds } = options;
    if (ttlSeconds === undefined) return this.#putValue(storageKey, encoded, options);
    return this.#putLeased(storageKey, encoded, { ...options, ttlSeconds });
  }

  async #putLeased(
    storageKey: string,
    encoded: EncodedValue,
    options: PutOptions & { readonly ttlSeconds: number },
  ): Promise<PutOutcome> {
    const { ttlSeconds, context } = options;
    const { signal } = context;
    const lease = await this.#leaseFor(ttlSeconds, { signal });
    try {
      return await this.#putValue(storageKey, { ...encoded, lease }, options);
    } catch (error) {
      if (!isLeaseGone(error)) throw error;
      const another = await this.#leaseFor(ttlSeconds, { signal, gone: lease });
      return await this.#putValue(storageKey, { ...encoded, lease: another }, options);
    }
  }

  async #putValue(
    storageKey: string,
    { value, object, lease }: EncodedValue & { readonly lease?: bigint },
    { guard, elseGet, context }: PutOptions,
  ): Promise<PutOutcome> {
    const put = { key: storageKey, value, ...(lease !== undefined && { lease }) };
    const write = this.#deps.pending.begin(storageKey, value, object);
    const outcome = await this.#send(
      write,
      { key: storageKey, compare: { target: "mod", equals: guard }, success: { put }, elseGet },
      guard === 0n ? "create" : "update",
      context,
    );
    if (outcome.kind === "refused") return outcome;
    return { kind: "done", stored: write.stored ?? new CachedObject(storageKey, outcome.revision, value, object) };
  }

  async #delete(storageKey: string, guard: bigint, options: WriteContext): Promise<WriteOutcome> {
    const request: TxnRequest = {
      key: storageKey,
      compare: { target: "mod", equals: guard },
      success: { delete: storageKey },
      elseGet: true,
    };
    return await this.#send(this.#deps.pending.begin(storageKey), request, "delete", options);
  }

  async #send(
    write: PendingWrite,
    request: TxnRequest,
    operation: "create" | "update" | "delete",
    options: WriteContext,
  ): Promise<WriteOutcome> {
    const { cacher, clock, pending, writer, observer } = this.#deps;
    const sentMs = clock.monotonicMs();
    const witness = { seenBy: (shown: bigint, signal: AbortSignal) => this.#seenBy(write, shown, signal) };
    try {
      const outcome = await writer.write(request, witness, options);
      if (outcome.kind === "refused") {
        pending.forget(write);
        return outcome;
      }
      pending.answered(write, outcome.revision, cacher.fedRevision());
      observer?.transaction({
        requestId: options.cause?.requestId,
        storageKey: request.key,
        revision: outcome.revision,
        operation,
        sentMs,
        answeredMs: clock.monotonicMs(),
      });
      return outcome;
    } catch (error) {
      pending.forget(write);
      throw error;
    }
  }

  /** Memory may have been proven equal to a revision that the watch has not shown yet, so only what was shown counts. */
  async #seenBy(write: PendingWrite, shown: bigint, signal: AbortSignal): Promise<bigint | undefined> {
    const { cacher, clock, timeoutMs, onLag } = this.#deps;
    const deadlineMs = clock.monotonicMs() + Math.min(timeoutMs, WITNESS_PATIENCE_MS);
    while (write.seenRevision === undefined && cacher.fedRevision() < shown) {
      if (clock.monotonicMs() > deadlineMs) {
        throw new StorageError("Unavailable", write.storageKey, `the watch on etcd lags behind revision ${shown}`);
      }
      onLag();
      await clock.sleep(WITNESS_POLL_MS, { signal });
    }
    return write.seenRevision;
  }

  #leaseFor(ttlSeconds: number, options: { signal: AbortSignal; gone?: bigint }): Promise<bigint> {
    return this.#deps.leases.idFor(ttlSeconds, { timeoutMs: LEASE_TIMEOUT_MS, ...options });
  }
}

/** The state that a failed guard's else-branch returned. */
function fromEtcd(kv: KeyValue | undefined): Shown {
  const current = kv === undefined ? undefined : new CachedObject(kv.key, kv.modRevision, Buffer.from(kv.value));
  return { current, fresh: true };
}

function missing(storageKey: string): StorageError {
  return new StorageError("NotFound", storageKey, `key ${storageKey} not found`);
}

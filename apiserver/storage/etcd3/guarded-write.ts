import type { Clock } from "../../../component-base/clock.ts";
import { StorageError } from "../storage.ts";
import { GrpcError, toStorageError, writeHadNoEffect } from "./grpc-errors.ts";
import type { EtcdKv } from "./kv.ts";
import type { KeyValue, TxnRequest } from "./kv-messages.ts";

/** What became of a guarded write. `refused`: the guard did not hold; `current` is what the key holds instead. */
export type WriteOutcome =
  | { readonly kind: "done"; readonly revision: bigint }
  | { readonly kind: "refused"; readonly current: KeyValue | undefined };

/** How the watch on etcd saw it; the only witness of a write that was overwritten before it could be read back. */
export interface WriteWitness {
  /**
   * Waits until the watch has shown the write or everything up to `revision`; the revision at which it was seen, if so.
   * @throws StorageError `Unavailable` when the watch does not get there
   */
  seenBy(revision: bigint, signal: AbortSignal): Promise<bigint | undefined>;
}

const SETTLE_TRIES = 3;
const SETTLE_DELAY_MS = 150;

/**
 * Carries out a Txn guarded by a mod_revision, and finds out by reading what happened when its answer is lost. It is
 * never sent twice.
 */
export class GuardedWriter {
  readonly #kv: EtcdKv;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** Writes whose answer was lost. */
  lostAnswers = 0;

  constructor(options: { kv: EtcdKv; clock: Clock; timeoutMs: number }) {
    this.#kv = options.kv;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
  }

  /** @throws StorageError: `Unavailable` and the other codes when nothing was written, `Unknown` when that is not certain */
  async write(request: TxnRequest, witness: WriteWitness, options: { signal: AbortSignal }): Promise<WriteOutcome> {
    try {
      const answer = await this.#kv.txn(request, { timeoutMs: this.#timeoutMs, signal: options.signal });
      if (answer.succeeded) return { kind: "done", revision: answer.revision };
      return { kind: "refused", current: answer.current };
    } catch (error) {
      if (!(error instanceof GrpcError) || writeHadNoEffect(error)) throw toStorageError(error, request.key);
      this.lostAnswers++;
      return await this.#settle(request, witness, error, options.signal);
    }
  }

  async #settle(
    request: TxnRequest,
    witness: WriteWitness,
    error: GrpcError,
    signal: AbortSignal,
  ): Promise<WriteOutcome> {
    const deadlineMs = this.#clock.monotonicMs() + this.#timeoutMs;
    for (let unchanged = 0; unchanged < SETTLE_TRIES && this.#clock.monotonicMs() < deadlineMs && !signal.aborted; ) {
      const outcome = await this.#look(request, witness, signal);
      if (outcome !== "unreadable" && outcome !== "unchanged") return outcome;
      if (outcome === "unchanged") unchanged++;
      if (!signal.aborted) await this.#pause(signal);
    }
    // The guard still holds, so the request may yet be on its way through the cluster.
    throw new StorageError("Unknown", request.key, error.detail, { cause: error });
  }

  async #look(
    request: TxnRequest,
    witness: WriteWitness,
    signal: AbortSignal,
  ): Promise<WriteOutcome | "unchanged" | "unreadable"> {
    try {
      const options = { timeoutMs: this.#timeoutMs, signal };
      const { kvs, revision } = await this.#kv.range({ key: request.key, limit: 1 }, options);
      const current = kvs[0];
      const guard = request.compare.equals;
      if ((current?.modRevision ?? 0n) === guard && current !== undefined) return "unchanged";
      const seenRevision = await witness.seenBy(current?.modRevision ?? revision, signal);
      if (seenRevision !== undefined) return { kind: "done", revision: seenRevision };
      if (current === undefined && guard === 0n) return "unchanged";
      return { kind: "refused", current };
    } catch (err) {
      if (err instanceof StorageError || signal.aborted) return "unreadable";
      throw err;
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(SETTLE_DELAY_MS, { signal }).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  }
}

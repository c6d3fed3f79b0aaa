import type { Clock } from "../../../component-base/clock.ts";
import { StorageError } from "../storage.ts";
import { GRPC, GrpcError, toStorageError, writeHadNoEffect } from "./grpc-errors.ts";
import type { EtcdKv } from "./kv.ts";
import type { KeyValue, TxnRequest } from "./kv-messages.ts";
import type { SlowCall } from "./transport.ts";

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

/** So often the guard must be found to hold, before a write counts as lost. */
const SETTLE_TRIES = 3;
const SETTLE_DELAY_MS = 150;
/** Between two looks at a write that is late though nothing has happened: an etcd that is slow needs no more to do. */
const SLOW_DELAY_MS = 1_000;
/** What is left for finding out when the write has used up its own time. */
const LAST_LOOK_MS = 1_000;

/**
 * What a look at the key told. `unchanged`: the guard still holds, or may hold again. `gone`: the key that was to be deleted has
 * been deleted, by this write or by another; both look the same, and only one of them may be told that it was the one.
 */
type Finding =
  | WriteOutcome
  | { readonly kind: "unchanged" | "gone"; readonly raftTerm: bigint }
  | { readonly kind: "unreadable" };

/** Thrown into a call whose answer is not needed any more. */
class Found {
  readonly outcome: WriteOutcome;

  constructor(outcome: WriteOutcome) {
    this.outcome = outcome;
  }
}

const lostInElection = () =>
  new GrpcError(GRPC.unavailable, "the leader has changed, and the write with it is not there", { sent: true });

interface Attempt {
  readonly request: TxnRequest;
  readonly witness: WriteWitness;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/**
 * Carries out a Txn guarded by a mod_revision, and finds out by reading what happened when its answer is lost or late.
 *
 * It is sent again only where that cannot do harm: the guard names a revision, is found to hold still, and, because no
 * revision ever comes back, at most one of the two can succeed. The creation of a key has no such guard: two copies might
 * both succeed when somebody deletes the key in between, so that it is never sent twice.
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
    const { signal } = options;
    const sentMs = this.#clock.monotonicMs();
    const sentTerm = this.#kv.raftTerm;
    const onSlow = (call: SlowCall) =>
      void this.#watchOver(call, { request, witness, signal, deadlineMs: Number.POSITIVE_INFINITY }, sentTerm);
    try {
      const answer = await this.#kv.txn(request, { timeoutMs: this.#timeoutMs, signal, onSlow });
      if (answer.succeeded) return { kind: "done", revision: answer.revision };
      return { kind: "refused", current: answer.current };
    } catch (error) {
      if (error instanceof Found) {
        this.lostAnswers++;
        return error.outcome;
      }
      if (!(error instanceof GrpcError) || writeHadNoEffect(error)) throw toStorageError(error, request.key);
      this.lostAnswers++;
      const deadlineMs = sentMs + this.#timeoutMs + LAST_LOOK_MS;
      return await this.#settle({ request, witness, signal, deadlineMs }, error);
    }
  }

  /** Looks after a write that is late: after an election its answer may never come, whether it was done or not. */
  async #watchOver(call: SlowCall, attempt: Attempt, sentTerm: bigint): Promise<void> {
    for (let lost = 0; !call.isOver(); ) {
      const finding = await this.#look(attempt);
      if (call.isOver()) return;
      if (finding.kind === "done" || finding.kind === "refused") return call.giveUp(new Found(finding));
      if (finding.kind !== "unreadable" && finding.raftTerm > sentTerm && ++lost === SETTLE_TRIES) {
        return call.giveUp(lostInElection());
      }
      const isOnlySlow = finding.kind === "unchanged" && finding.raftTerm <= sentTerm;
      await this.#pause(attempt.signal, isOnlySlow ? SLOW_DELAY_MS : SETTLE_DELAY_MS);
    }
  }

  async #settle(attempt: Attempt, error: GrpcError): Promise<WriteOutcome> {
    const { request, signal, deadlineMs } = attempt;
    const mayRepeat = request.compare.equals > 0n;
    for (let unchanged = 0; this.#clock.monotonicMs() < deadlineMs && !signal.aborted; ) {
      const finding = await this.#look(attempt);
      if (finding.kind === "done" || finding.kind === "refused") return finding;
      if (finding.kind === "gone") break;
      if (finding.kind === "unchanged") {
        unchanged++;
        const repeated = mayRepeat ? await this.#repeat(attempt) : undefined;
        if (repeated !== undefined) return repeated;
        if (unchanged === SETTLE_TRIES) break;
      }
      if (!signal.aborted) await this.#pause(signal);
    }
    // The request may yet be on its way through the cluster; or it is not known whose the deletion was.
    throw new StorageError("Unknown", request.key, error.detail, { cause: error });
  }

  /** The outcome, if the second copy was carried out; why it was not is for the next look to tell. */
  async #repeat({ request, signal, deadlineMs }: Attempt): Promise<WriteOutcome | undefined> {
    try {
      const timeoutMs = Math.max(deadlineMs - this.#clock.monotonicMs(), LAST_LOOK_MS);
      const answer = await this.#kv.txn(request, { timeoutMs, signal });
      return answer.succeeded ? { kind: "done", revision: answer.revision } : undefined;
    } catch (error) {
      if (error instanceof GrpcError || signal.aborted) return undefined;
      throw error;
    }
  }

  async #look({ request, witness, signal, deadlineMs }: Attempt): Promise<Finding> {
    try {
      const timeoutMs = Math.min(Math.max(deadlineMs - this.#clock.monotonicMs(), LAST_LOOK_MS), this.#timeoutMs);
      const { kvs, revision, raftTerm } = await this.#kv.range({ key: request.key, limit: 1 }, { timeoutMs, signal });
      const current = kvs[0];
      const guard = request.compare.equals;
      if ((current?.modRevision ?? 0n) === guard && current !== undefined) return { kind: "unchanged", raftTerm };
      const seenRevision = await witness.seenBy(current?.modRevision ?? revision, signal);
      if (seenRevision !== undefined) {
        return "delete" in request.success ? { kind: "gone", raftTerm } : { kind: "done", revision: seenRevision };
      }
      // "No such key" is no revision that never comes back: whoever made the key may delete it before our request arrives.
      if (guard === 0n) return { kind: "unchanged", raftTerm };
      return { kind: "refused", current };
    } catch (err) {
      if (err instanceof StorageError || signal.aborted) return { kind: "unreadable" };
      throw err;
    }
  }

  async #pause(signal: AbortSignal, delayMs = SETTLE_DELAY_MS): Promise<void> {
    await this.#clock.sleep(delayMs, { signal }).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  }
}

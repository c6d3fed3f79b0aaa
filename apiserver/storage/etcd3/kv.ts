import type { Clock } from "../../../component-base/clock.ts";
import type { EtcdOperation, EtcdRequestObserver } from "../observer.ts";
import { toStorageError } from "./grpc-errors.ts";
import {
  decodeRange,
  decodeTxn,
  encodeCompaction,
  encodeRange,
  encodeTxn,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
} from "./kv-messages.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** Who hears how long requests took. */
export interface RequestTiming {
  readonly clock: Clock;
  readonly observer: EtcdRequestObserver;
}

/** etcd's KV service, typed. Only reads are ever sent twice. */
export class EtcdKv {
  readonly #transport: Transport;
  readonly #timing: RequestTiming | undefined;
  #raftTerm = 0n;

  constructor(transport: Transport, timing?: RequestTiming) {
    this.#transport = transport;
    this.#timing = timing;
  }

  /** The highest raft term that a read has told of: it grows with every election. */
  get raftTerm(): bigint {
    return this.#raftTerm;
  }

  /** @throws StorageError */
  async range(request: RangeRequest, options: CallOptions): Promise<RangeResponse> {
    const payload = encodeRange(request);
    const sentMs = this.#timing?.clock.monotonicMs() ?? 0;
    try {
      const call = { timeoutMs: options.timeoutMs, signal: options.signal, repeatable: true } as const;
      const response = decodeRange(await this.#transport.unary("/etcdserverpb.KV/Range", payload, call));
      if (response.raftTerm > this.#raftTerm) this.#raftTerm = response.raftTerm;
      return response;
    } catch (error) {
      throw toStorageError(error, request.key);
    } finally {
      this.#answered(request.rangeEnd === undefined ? "get" : "list", request.key, sentMs);
    }
  }

  /** @throws GrpcError, because only the caller knows what a lost answer means for it */
  async txn(request: TxnRequest, options: CallOptions): Promise<TxnResponse> {
    const sentMs = this.#timing?.clock.monotonicMs() ?? 0;
    try {
      return decodeTxn(await this.#transport.unary("/etcdserverpb.KV/Txn", encodeTxn(request), options));
    } finally {
      this.#answered(operationOf(request), request.key, sentMs);
    }
  }

  /** @throws StorageError `Expired` when it has been compacted before */
  async compact(revision: bigint, options: CallOptions): Promise<void> {
    try {
      await this.#transport.unary("/etcdserverpb.KV/Compact", encodeCompaction(revision), options);
    } catch (error) {
      throw toStorageError(error, "");
    }
  }

  #answered(operation: EtcdOperation, storageKey: string, sentMs: number): void {
    if (this.#timing === undefined) return;
    const { clock, observer } = this.#timing;
    observer.etcdAnswered(operation, storageKey, clock.monotonicMs() - sentMs);
  }
}

function operationOf({ compare, success }: TxnRequest): EtcdOperation {
  if ("delete" in success) return "delete";
  return compare.equals === 0n ? "create" : "update";
}

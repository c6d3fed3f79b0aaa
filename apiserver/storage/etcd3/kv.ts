import { GrpcError, toStorageError } from "./grpc-errors.ts";
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

/** etcd's KV service, typed. Reads are repeated once when the connection was lost; nothing else ever is. */
export class EtcdKv {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** @throws StorageError */
  async range(request: RangeRequest, options: CallOptions): Promise<RangeResponse> {
    const payload = encodeRange(request);
    try {
      return decodeRange(await this.#read(payload, options));
    } catch (error) {
      throw toStorageError(error, request.key);
    }
  }

  /** @throws GrpcError, because only the caller knows what a lost answer means for it */
  async txn(request: TxnRequest, options: CallOptions): Promise<TxnResponse> {
    return decodeTxn(await this.#transport.unary("/etcdserverpb.KV/Txn", encodeTxn(request), options));
  }

  /** @throws StorageError `Expired` when it has been compacted before */
  async compact(revision: bigint, options: CallOptions): Promise<void> {
    try {
      await this.#transport.unary("/etcdserverpb.KV/Compact", encodeCompaction(revision), options);
    } catch (error) {
      throw toStorageError(error, "");
    }
  }

  async #read(payload: Buffer, options: CallOptions): Promise<Buffer> {
    try {
      return await this.#transport.unary("/etcdserverpb.KV/Range", payload, options);
    } catch (error) {
      const lost = error instanceof GrpcError && error.detail === "connection lost";
      if (!lost || options.signal.aborted) throw error;
      return await this.#transport.unary("/etcdserverpb.KV/Range", payload, options);
    }
  }
}

import type { Clock, Timer } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import { toStorageError } from "./grpc-errors.ts";
import { int64Size, ProtoReader, ProtoWriter } from "./protobuf.ts";
import type { CallOptions, Transport } from "./transport.ts";

interface SharedLease {
  readonly id: bigint;
  readonly expiresMs: number;
  objects: number;
}

const MAX_OBJECTS = 1_000;
const REUSE_MAX_SECONDS = 60;
const REUSE_SHARE = 0.05;

/**
 * Leases for objects with a time to live, shared: one lease lives up to a minute (at most 5 %) longer than asked, and
 * serves all who want that long meanwhile, 1,000 objects at most.
 * @see https://github.com/kubernetes/apiserver/blob/v0.34.0/pkg/storage/etcd3/lease_manager.go
 */
export class Leases {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stop: AbortSignal;
  /** One current lease per time to live. */
  readonly #byTtl = new Map<number, Promise<SharedLease>>();
  readonly #expiries = new Set<Timer>();

  constructor(options: { transport: Transport; clock: Clock; log: Logger; stop: AbortSignal }) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#stop = options.stop;
    this.#stop.addEventListener("abort", () => this.#cancelExpiries(), { once: true });
  }

  /**
   * The id of a lease that ends in `ttlSeconds`, or a little later.
   * @param options - `gone`: one that etcd does not have any more, though it should: somebody revoked it, or etcd's time went on
   *   while ours stood still
   * @throws StorageError
   */
  async idFor(ttlSeconds: number, options: CallOptions & { readonly gone?: bigint }): Promise<bigint> {
    const current = await this.#byTtl.get(ttlSeconds)?.catch(() => undefined);
    const reuseMs = reuseSeconds(ttlSeconds) * 1000;
    const needMs = this.#clock.monotonicMs() + ttlSeconds * 1000;
    const fits = current !== undefined && current.expiresMs >= needMs && current.expiresMs <= needMs + reuseMs;
    if (fits && current.objects < MAX_OBJECTS && current.id !== options.gone) {
      current.objects++;
      return current.id;
    }
    return await this.#renew(ttlSeconds, options);
  }

  async #renew(ttlSeconds: number, options: CallOptions): Promise<bigint> {
    const granted = this.#grant(ttlSeconds, options);
    this.#byTtl.set(ttlSeconds, granted);
    try {
      const lease = await granted;
      lease.objects++;
      return lease.id;
    } catch (error) {
      if (this.#byTtl.get(ttlSeconds) === granted) this.#byTtl.delete(ttlSeconds);
      throw toStorageError(error, "");
    }
  }

  async #grant(ttlSeconds: number, options: CallOptions): Promise<SharedLease> {
    const seconds = ttlSeconds + reuseSeconds(ttlSeconds);
    const askedMs = this.#clock.monotonicMs();
    const answer = await this.#transport.unary(
      "/etcdserverpb.Lease/LeaseGrant",
      encodeInt64(1, BigInt(seconds)),
      // One granted twice is one too many, which ends by itself.
      { ...options, repeatable: true },
    );
    const id = readInt64(answer, 2);
    this.#expireOnOurClock(id, seconds);
    return { id, expiresMs: askedMs + seconds * 1000, objects: 0 };
  }

  /** etcd's clock would do, but only ours can be moved by a test or a lesson. */
  #expireOnOurClock(id: bigint, seconds: number): void {
    const timer = this.#clock.setTimer(seconds * 1000, () => {
      this.#expiries.delete(timer);
      const options = { timeoutMs: 5_000, signal: this.#stop, repeatable: true } as const;
      this.#transport.unary("/etcdserverpb.Lease/LeaseRevoke", encodeInt64(1, id), options).catch((err: unknown) => {
        this.#log.debug({ err }, "a lease was not revoked; etcd has ended it or will");
      });
    });
    this.#expiries.add(timer);
  }

  #cancelExpiries(): void {
    for (const timer of this.#expiries) timer.cancel();
    this.#expiries.clear();
  }
}

function reuseSeconds(ttlSeconds: number): number {
  return Math.min(REUSE_MAX_SECONDS, Math.floor(ttlSeconds * REUSE_SHARE));
}

function encodeInt64(field: number, value: bigint): Buffer {
  const writer = new ProtoWriter(int64Size(value));
  writer.int64(field, value);
  return writer.finish();
}

function readInt64(buffer: Buffer, field: number): bigint {
  const reader = new ProtoReader(buffer);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === field * 8) return reader.int64();
    reader.skip(tag);
  }
  return 0n;
}

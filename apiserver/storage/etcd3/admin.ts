import type { Clock } from "../../../component-base/clock.ts";
import { StorageError } from "../storage.ts";
import { loadMessageCodec, type Message, type MessageCodec } from "./admin-messages.ts";
import { toStorageError } from "./grpc-errors.ts";
import { PulledStream } from "./pulled-stream.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface EtcdStatus {
  readonly version: string;
  readonly memberId: bigint;
  readonly leader: bigint;
  readonly dbSizeBytes: bigint;
  readonly dbSizeInUseBytes: bigint;
  readonly revision: bigint;
  readonly raftTerm: bigint;
  readonly raftIndex: bigint;
  readonly raftAppliedIndex: bigint;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}

export interface EtcdMember {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface EtcdAlarm {
  readonly memberId: bigint;
  readonly alarm: "NOSPACE" | "CORRUPT";
}

export interface EtcdHash {
  readonly hash: number;
  readonly compactRevision: bigint;
  /** Where the member was when it read its keys. */
  readonly currentRevision: bigint;
}

/** A part of a snapshot. */
export interface SnapshotPiece {
  readonly bytes: Buffer;
  /** Of the database, after this piece; the checksum is not counted. */
  readonly remainingBytes: bigint;
}

/**
 * etcd's Maintenance and Cluster services, and what else an operator may ask of etcd, over one transport: of the member that
 * it leads to, or of whichever it is connected to.
 * What a member tells of itself it tells without a leader too; what the cluster must agree on it refuses then.
 * @throws StorageError with etcd's own text as its message, every method
 */
export class EtcdAdmin {
  readonly #transport: Transport;
  readonly #clock: Pick<Clock, "setTimer">;
  #codec: Promise<MessageCodec> | undefined;

  constructor(transport: Transport, deps: { clock: Pick<Clock, "setTimer"> }) {
    this.#transport = transport;
    this.#clock = deps.clock;
  }

  async status(options: CallOptions): Promise<EtcdStatus> {
    const answer = await this.#call("Maintenance/Status", "Status", {}, { ...options, requireLeader: false });
    const header = message(answer["header"]);
    return {
      version: text(answer["version"]),
      memberId: int(header["member_id"]),
      leader: int(answer["leader"]),
      dbSizeBytes: int(answer["dbSize"]),
      dbSizeInUseBytes: int(answer["dbSizeInUse"]),
      revision: int(header["revision"]),
      raftTerm: int(answer["raftTerm"]),
      raftIndex: int(answer["raftIndex"]),
      raftAppliedIndex: int(answer["raftAppliedIndex"]),
      errors: list(answer["errors"]).map(text),
      isLearner: answer["isLearner"] === true,
    };
  }

  /** Locks the member while it runs. */
  async defragment(options: CallOptions): Promise<void> {
    await this.#call("Maintenance/Defragment", "Defragment", {}, { ...options, requireLeader: false });
  }

  /**
   * A hash of all keys and values from the compacted revision to `revision` (0: the newest): equal on members that agree,
   * if they were compacted to the same revision.
   */
  async hashKv(revision: bigint, options: CallOptions): Promise<EtcdHash> {
    const request = { revision: revision.toString() };
    const answer = await this.#call("Maintenance/HashKV", "HashKV", request, { ...options, requireLeader: false });
    return {
      hash: Number(answer["hash"]),
      compactRevision: int(answer["compact_revision"]),
      currentRevision: int(message(answer["header"])["revision"]),
    };
  }

  /** Forgets history up to `revision`, and answers when its space is free for new data. */
  async compact(revision: bigint, options: CallOptions): Promise<void> {
    await this.#call("KV/Compact", "Compaction", { revision: revision.toString(), physical: true }, options);
  }

  async alarms(options: CallOptions): Promise<readonly EtcdAlarm[]> {
    return toAlarms(await this.#call("Maintenance/Alarm", "Alarm", { action: "GET" }, options));
  }

  async disarm(alarm: EtcdAlarm, options: CallOptions): Promise<void> {
    const request = { action: "DEACTIVATE", memberID: alarm.memberId.toString(), alarm: alarm.alarm };
    await this.#call("Maintenance/Alarm", "Alarm", request, options);
  }

  async moveLeader(targetId: bigint, options: CallOptions): Promise<void> {
    await this.#call("Maintenance/MoveLeader", "MoveLeader", { targetID: targetId.toString() }, options);
  }

  /**
   * The whole database as etcdctl's `snapshot save` gets it. The last 32 bytes are its SHA-256.
   * Memory holds few pieces: a slow consumer slows etcd down.
   * @throws StorageError also when etcd sends nothing for `options.stallMs`
   */
  async *snapshot(options: { signal: AbortSignal; stallMs: number }): AsyncGenerator<SnapshotPiece> {
    const codec = await this.#messages();
    const stream = new PulledStream(this.#transport, "/etcdserverpb.Maintenance/Snapshot", {
      request: codec.encode("SnapshotRequest", {}),
      clock: this.#clock,
      ...options,
    });
    try {
      for await (const payload of stream) {
        const { blob, remaining_bytes: remaining } = codec.decode("SnapshotResponse", payload);
        if (blob instanceof Uint8Array && blob.length > 0) {
          yield { bytes: Buffer.from(blob.buffer, blob.byteOffset, blob.length), remainingBytes: int(remaining) };
        }
      }
    } catch (error) {
      throw toStorageError(error, "");
    }
  }

  /** As the member that is asked knows them: it may be behind before etcd 3.5, and where no leader is required. */
  async members(options: CallOptions): Promise<readonly EtcdMember[]> {
    const request = { linearizable: options.requireLeader ?? true };
    return toMembers(await this.#call("Cluster/MemberList", "MemberList", request, options));
  }

  async addMember(peerUrls: readonly string[], options: CallOptions & { learner: boolean }): Promise<EtcdMember> {
    const request = { peerURLs: peerUrls, isLearner: options.learner };
    const answer = await this.#call("Cluster/MemberAdd", "MemberAdd", request, options);
    return toMember(answer["member"]);
  }

  async removeMember(id: bigint, options: CallOptions): Promise<readonly EtcdMember[]> {
    return toMembers(await this.#call("Cluster/MemberRemove", "MemberRemove", { ID: id.toString() }, options));
  }

  async updateMember(id: bigint, peerUrls: readonly string[], options: CallOptions): Promise<readonly EtcdMember[]> {
    const request = { ID: id.toString(), peerURLs: peerUrls };
    return toMembers(await this.#call("Cluster/MemberUpdate", "MemberUpdate", request, options));
  }

  /** Makes a learner a voting member. */
  async promoteMember(id: bigint, options: CallOptions): Promise<readonly EtcdMember[]> {
    return toMembers(await this.#call("Cluster/MemberPromote", "MemberPromote", { ID: id.toString() }, options));
  }

  async leaseTimeToLive(id: bigint, options: CallOptions): Promise<{ ttlSeconds: bigint; keys: readonly string[] }> {
    const request = { ID: id.toString(), keys: true };
    const answer = await this.#call("Lease/LeaseTimeToLive", "LeaseTimeToLive", request, options);
    return { ttlSeconds: int(answer["TTL"]), keys: list(answer["keys"]).map((key) => String(key)) };
  }

  async #call(method: string, type: string, request: Message, options: CallOptions): Promise<Message> {
    const codec = await this.#messages();
    try {
      const payload = codec.encode(`${type}Request`, request);
      return codec.decode(`${type}Response`, await this.#transport.unary(`/etcdserverpb.${method}`, payload, options));
    } catch (error) {
      throw toStorageError(error, "");
    }
  }

  #messages(): Promise<MessageCodec> {
    this.#codec ??= loadMessageCodec();
    return this.#codec;
  }
}

function toMembers(answer: Message): EtcdMember[] {
  return list(answer["members"]).map(toMember);
}

function toMember(value: unknown): EtcdMember {
  const member = message(value);
  return {
    id: int(member["ID"]),
    name: text(member["name"]),
    peerUrls: list(member["peerURLs"]).map(text),
    clientUrls: list(member["clientURLs"]).map(text),
    isLearner: member["isLearner"] === true,
  };
}

function toAlarms(answer: Message): EtcdAlarm[] {
  return list(answer["alarms"]).flatMap((value) => {
    const { memberID, alarm } = message(value);
    return alarm === "NOSPACE" || alarm === "CORRUPT" ? [{ memberId: int(memberID), alarm }] : [];
  });
}

function message(value: unknown): Message {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function int(value: unknown): bigint {
  if (typeof value === "string" || typeof value === "number") return BigInt(value);
  throw new StorageError("Corrupt", "", "etcd answered without a number that belongs there");
}

import { StorageError } from "../storage.ts";
import { loadMessageCodec, type Message, type MessageCodec } from "./admin-messages.ts";
import { toStorageError } from "./grpc-errors.ts";
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

/**
 * etcd's Maintenance and Cluster services, and what else an operator may ask of etcd. All but `endpoint` calls go to
 * whichever member the gateway is connected to.
 * @throws StorageError, every method
 */
export class EtcdAdmin {
  readonly #transport: Transport;
  #codec: Promise<MessageCodec> | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async status(options: CallOptions): Promise<EtcdStatus> {
    const answer = await this.#call("Maintenance/Status", "Status", {}, options);
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
    await this.#call("Maintenance/Defragment", "Defragment", {}, options);
  }

  /** A hash of all keys and values up to the compacted revision and on to the newest: equal on members in step. */
  async hashKv(options: CallOptions): Promise<{ hash: number; compactRevision: bigint }> {
    const answer = await this.#call("Maintenance/HashKV", "HashKV", { revision: 0 }, options);
    return { hash: Number(answer["hash"]), compactRevision: int(answer["compact_revision"]) };
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
   * The whole database as etcdctl's `snapshot save` gets it, in pieces. The last 32 bytes are its SHA-256.
   * Pieces that the consumer has not taken yet wait in memory: at most the database's size.
   */
  async *snapshot(options: { signal: AbortSignal }): AsyncGenerator<Buffer> {
    const codec = await this.#messages();
    const pieces: Buffer[] = [];
    const state: { ended: boolean; failure: unknown } = { ended: false, failure: undefined };
    let wake = () => undefined as unknown;
    const stream = this.#transport.stream(
      "/etcdserverpb.Maintenance/Snapshot",
      {
        message: (payload) => {
          const { blob } = codec.decode("SnapshotResponse", payload);
          if (blob instanceof Uint8Array && blob.length > 0) pieces.push(Buffer.from(blob));
          wake();
        },
        end: (error) => {
          state.ended = true;
          state.failure = error;
          wake();
        },
      },
      options,
    );
    const onAbort = () => {
      state.ended = true;
      state.failure = options.signal.reason;
      wake();
    };
    options.signal.addEventListener("abort", onAbort, { once: true });
    stream.send(codec.encode("SnapshotRequest", {}));
    stream.finish();
    try {
      for (;;) {
        const piece = pieces.shift();
        if (piece !== undefined) yield piece;
        else if (state.failure !== undefined) throw toStorageError(state.failure, "");
        else if (state.ended) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      options.signal.removeEventListener("abort", onAbort);
      stream.cancel();
    }
  }

  async members(options: CallOptions): Promise<readonly EtcdMember[]> {
    return toMembers(await this.#call("Cluster/MemberList", "MemberList", {}, options));
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

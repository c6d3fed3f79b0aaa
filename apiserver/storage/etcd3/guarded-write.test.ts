import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../component-base/virtual-clock.ts";
import { StorageError } from "../storage.ts";
import { GRPC, GrpcError } from "./grpc-errors.ts";
import { GuardedWriter } from "./guarded-write.ts";
import type { EtcdKv } from "./kv.ts";
import type { KeyValue, TxnRequest } from "./kv-messages.ts";
import type { CallOptions } from "./transport.ts";

const signal = new AbortController().signal;
const key = "/registry/pods/a/x";
const connectionLost = () => new GrpcError(GRPC.unavailable, "connection lost", { sent: true });

/** etcd with one key, whose answers to transactions are lost, late, or come. */
class FakeEtcd {
  revision = 10n;
  raftTerm = 2n;
  modRevision: bigint;
  txns = 0;
  /** What becomes of each Txn in turn; after the last one they are answered. */
  readonly fates: ("lost before" | "lost after" | "late")[];

  constructor(modRevision: bigint, fates: FakeEtcd["fates"]) {
    this.modRevision = modRevision;
    this.fates = fates;
  }

  txn(request: TxnRequest, options: CallOptions) {
    const fate = this.fates[this.txns++];
    if (fate === "late") {
      return new Promise<never>((_, reject) => options.onSlow?.({ isOver: () => false, giveUp: reject }));
    }
    if (fate === "lost before") return Promise.reject(connectionLost());
    const succeeded = request.compare.equals === this.modRevision;
    if (succeeded) this.modRevision = ++this.revision;
    if (fate === "lost after") return Promise.reject(connectionLost());
    return Promise.resolve({ succeeded, revision: this.revision, current: undefined });
  }

  range() {
    const kvs = this.modRevision === 0n ? [] : [{ key, modRevision: this.modRevision } as KeyValue];
    return Promise.resolve({ kvs, revision: this.revision, raftTerm: this.raftTerm, more: false, count: kvs.length });
  }
}

async function write(etcd: FakeEtcd, guard: bigint) {
  const clock = new VirtualClock();
  const writer = new GuardedWriter({ kv: etcd as unknown as EtcdKv, clock, timeoutMs: 7_000 });
  const first = etcd.modRevision;
  const witness = { seenBy: async () => (etcd.modRevision === first ? undefined : etcd.modRevision) };
  const value = Buffer.from("{}");
  const compare = { target: "mod", equals: guard } as const;
  const written = writer
    .write({ key, compare, success: { put: { key, value } }, elseGet: true }, witness, { signal })
    .catch((error: unknown) => (error instanceof StorageError ? error.code : error));
  await clock.advance(10_000);
  return { outcome: await written, txns: etcd.txns };
}

describe("a write whose answer is lost", () => {
  test.each<{ name: string; guard: bigint; fates: FakeEtcd["fates"]; outcome: unknown; txns: number }>([
    {
      name: "an update that was done is not sent again",
      guard: 5n,
      fates: ["lost after"],
      outcome: { kind: "done", revision: 11n },
      txns: 1,
    },
    {
      name: "an update that was not done is sent again under its guard",
      guard: 5n,
      fates: ["lost before"],
      outcome: { kind: "done", revision: 11n },
      txns: 2,
    },
    {
      name: "the second copy's answer may be lost too",
      guard: 5n,
      fates: ["lost before", "lost after"],
      outcome: { kind: "done", revision: 11n },
      txns: 2,
    },
    {
      name: "a creation that was done is not sent again",
      guard: 0n,
      fates: ["lost after"],
      outcome: { kind: "done", revision: 11n },
      txns: 1,
    },
    {
      name: "a creation that is not there may come yet, and is not sent again",
      guard: 0n,
      fates: ["lost before"],
      outcome: "Unknown",
      txns: 1,
    },
  ])("$name", async ({ guard, fates, outcome, txns }) => {
    expect(await write(new FakeEtcd(guard, fates), guard)).toEqual({ outcome, txns });
  });
});

describe("a write whose answer is late", () => {
  test.each([
    { name: "an update is sent again", guard: 5n, outcome: { kind: "done", revision: 11n }, txns: 2 },
    { name: "a creation counts as unknown", guard: 0n, outcome: "Unknown", txns: 1 },
  ])("when the leader has changed since, $name", async ({ guard, outcome, txns }) => {
    const etcd = new FakeEtcd(guard, ["late"]);
    const written = write(etcd, guard);
    etcd.raftTerm = 3n;
    expect(await written).toEqual({ outcome, txns });
  });

  test("found done before its answer comes, it is done", async () => {
    const etcd = new FakeEtcd(5n, ["late"]);
    const written = write(etcd, 5n);
    etcd.modRevision = etcd.revision = 11n;
    expect(await written).toEqual({ outcome: { kind: "done", revision: 11n }, txns: 1 });
  });
});

import { expect, test } from "vitest";
import type { Clock } from "../../component-base/clock.ts";
import type { EtcdAdmin, EtcdHash, EtcdMember, EtcdStatus } from "../storage/etcd3/admin.ts";
import { StorageError } from "../storage/storage.ts";
import type { HashAnswer } from "./answers.ts";
import { EtcdCluster } from "./cluster.ts";
import { hash } from "./hash.ts";
import type { EtcdAdminDeps } from "./operation.ts";

const { signal } = new AbortController();
const compacted = new StorageError("Expired", "", "etcdserver: mvcc: required revision has been compacted");

interface Fake {
  readonly revision?: bigint;
  /** Answers the hash at a revision; 0: at the newest. */
  readonly hash: (revision: bigint) => EtcdHash;
}

/** Members by number, the first of which leads. */
async function hashOf(fakes: readonly (Fake | undefined)[]): Promise<HashAnswer> {
  const urls = fakes.map((_, index) => `http://10.0.0.${index + 1}:2379`);
  const members = urls.map((url, index): EtcdMember => {
    return { id: BigInt(index + 1), name: `etcd-${index + 1}`, peerUrls: [], clientUrls: [url], isLearner: false };
  });
  const at = (endpoint: string) => {
    const index = urls.indexOf(endpoint);
    const fake = fakes[index];
    if (fake === undefined) {
      const away = () => Promise.reject(new StorageError("Unavailable", "", "away"));
      return { members: away, status: away } as Pick<EtcdAdmin, "members" | "status"> as EtcdAdmin;
    }
    const status = {
      memberId: BigInt(index + 1),
      leader: 1n,
      raftTerm: 2n,
      revision: fake.revision ?? 20n,
      errors: [],
    };
    const admin: Pick<EtcdAdmin, "members" | "status" | "hashKv"> = {
      members: async () => members,
      status: async () => status as unknown as EtcdStatus,
      hashKv: async (revision) => fake.hash(revision),
    };
    return admin as EtcdAdmin;
  };
  const cluster = new EtcdCluster({ at, servers: urls, memberServers: new Map() });
  let nowMs = 0;
  const sleep = async (delayMs: number) => {
    nowMs += delayMs;
  };
  const clock: Pick<Clock, "sleep" | "monotonicMs"> = { sleep, monotonicMs: () => nowMs };
  const deps = { cluster, clock } as unknown as EtcdAdminDeps;
  const { value } = await hash({ id: "", query: new URLSearchParams(), body: async () => undefined, signal }, deps);
  return value as HashAnswer;
}

const always = (value: number, compactRevision = 5n): Fake => ({
  hash: () => ({ hash: value, compactRevision, currentRevision: 20n }),
});

test("all are asked about the revision of the one that is farthest", async () => {
  const asked: bigint[] = [];
  const noting = (revision: bigint): Fake => ({
    revision,
    hash: (at) => {
      asked.push(at);
      return { hash: 7, compactRevision: 5n, currentRevision: revision };
    },
  });
  let caughtUp = 18n;
  const behind: Fake = {
    get revision() {
      return caughtUp++;
    },
    hash: noting(20n).hash,
  };
  expect(await hashOf([noting(19n), noting(20n), behind])).toMatchObject({ revision: "20", agree: true });
  expect(asked).toEqual([20n, 20n, 20n]);
});

test("members that differ are told, and one that is away hides nothing", async () => {
  expect(await hashOf([always(7), always(8), undefined])).toMatchObject({
    agree: false,
    members: [{ hash: 7 }, { hash: 8 }, { name: "etcd-3", error: "away" }],
  });
});

test("hashes are compared only between members compacted equally, after a while of waiting for that", async () => {
  let questions = 0;
  const late: Fake = {
    hash: () => ({ hash: 7, compactRevision: ++questions < 3 ? 4n : 5n, currentRevision: 20n }),
  };
  expect(await hashOf([always(7), late])).toMatchObject({ agree: true, members: [{}, { compactRevision: "5" }] });
  expect(await hashOf([always(7), always(8, 4n)])).toMatchObject({ agree: true });
  expect(await hashOf([always(7), always(8, 4n), always(9, 4n)])).toMatchObject({ agree: false });
});

test("a member that was compacted to the revision itself is asked about its newest, if that is the same", async () => {
  const refusing = (currentRevision: bigint): Fake => ({
    hash: (revision) => {
      if (revision > 0n) throw compacted;
      return { hash: 7, compactRevision: 20n, currentRevision };
    },
  });
  expect(await hashOf([refusing(20n)])).toMatchObject({ members: [{ hash: 7, compactRevision: "20" }] });
  expect(await hashOf([refusing(21n)])).toMatchObject({ members: [{ error: compacted.message }] });
});

test("nobody to ask is no agreement", async () => {
  await expect(hashOf([undefined, undefined])).rejects.toMatchObject({ code: 503 });
});

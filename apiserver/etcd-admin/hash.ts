import type { EtcdAdmin, EtcdHash } from "../storage/etcd3/admin.ts";
import type { CallOptions } from "../storage/etcd3/transport.ts";
import { StorageError } from "../storage/storage.ts";
import type { HashAnswer } from "./answers.ts";
import { idText, newestRevision, type SeenMember } from "./cluster.ts";
import { unavailable } from "./errors.ts";
import type { EtcdAdminDeps, Operation } from "./operation.ts";

type MemberHash = HashAnswer["members"][number];

/** The whole database is read. */
const HASH_MS = 20_000;
/** How long a member that is behind is waited for. */
const CATCH_UP_MS = 2_000;
const POLL_MS = 50;
/** A compaction under way reaches members one after the other, and hashes can be compared only when all have done it. */
const ATTEMPTS = 5;
const RETRY_MS = 300;

/** `GET hash`: whether all members hold the same keys and values, asked at one revision that all of them have. */
export const hash: Operation = async ({ signal }, deps) => {
  for (let attempt = 1; ; attempt++) {
    const answer = await hashOnce(deps, signal);
    if (attempt === ATTEMPTS || (comparable(answer) && !overtaken(answer))) return { code: 200, value: answer };
    await deps.clock.sleep(RETRY_MS, { signal });
  }
};

async function hashOnce(deps: EtcdAdminDeps, signal: AbortSignal): Promise<HashAnswer> {
  const survey = await deps.cluster.survey(signal);
  const reachable = survey.members.flatMap(({ status }) => status ?? []);
  if (reachable.length === 0) throw unavailable("no member of etcd answers");
  // With a leader all get what one of them has; without one there is only what all have by now.
  const newest = newestRevision(survey);
  const lowest = reachable.reduce((least, { revision }) => (revision < least ? revision : least), newest);
  const revision = survey.leader === undefined ? lowest : newest;
  const members = await Promise.all(survey.members.map((seen) => hashOf(seen, revision, deps, signal)));
  const hashes = new Map<string, Set<number>>();
  for (const { hash, compactRevision = "" } of members) {
    if (hash === undefined) continue;
    const group = hashes.get(compactRevision) ?? new Set();
    hashes.set(compactRevision, group.add(hash));
  }
  return { revision: revision.toString(), members, agree: [...hashes.values()].every(({ size }) => size === 1) };
}

async function hashOf(
  seen: SeenMember,
  revision: bigint,
  { cluster, clock }: EtcdAdminDeps,
  signal: AbortSignal,
): Promise<MemberHash> {
  const identity = { name: seen.member.name, id: idText(seen.member.id) };
  const deadlineMs = clock.monotonicMs() + CATCH_UP_MS;
  let now = seen;
  while (now.status !== undefined && now.status.revision < revision && clock.monotonicMs() < deadlineMs) {
    await clock.sleep(POLL_MS, { signal });
    now = await cluster.look(seen.member, signal);
  }
  if (now.status === undefined) return { ...identity, error: now.problem ?? "it does not answer" };
  try {
    const { admin } = cluster.reachable(now);
    const { hash, compactRevision } = await hashAt(admin, revision, { timeoutMs: HASH_MS, signal });
    return { ...identity, hash, compactRevision: compactRevision.toString() };
  } catch (error) {
    signal.throwIfAborted();
    return { ...identity, error: error instanceof Error ? error.message : String(error) };
  }
}

/** etcd 3.4 refuses to hash at the very revision that it was compacted to, though all of it is there. */
async function hashAt(admin: EtcdAdmin, revision: bigint, options: CallOptions): Promise<EtcdHash> {
  try {
    return await admin.hashKv(revision, options);
  } catch (error) {
    if (!isCompacted(error)) throw error;
    const newest = await admin.hashKv(0n, options);
    if (newest.currentRevision === revision) return newest;
    throw error;
  }
}

const isCompacted = (error: unknown) => error instanceof StorageError && error.code === "Expired";

/** A compaction passed the revision between the questions. */
function overtaken({ members }: HashAnswer): boolean {
  return members.some(({ error }) => error === "etcdserver: mvcc: required revision has been compacted");
}

function comparable({ members }: HashAnswer): boolean {
  return new Set(members.flatMap(({ compactRevision }) => compactRevision ?? [])).size <= 1;
}

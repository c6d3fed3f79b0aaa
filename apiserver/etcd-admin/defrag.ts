import { failure } from "../../api/status.ts";
import type { DefragAnswer } from "./answers.ts";
import { findMember, idText, nameOf, type SeenMember, type Survey } from "./cluster.ts";
import { asEtcdStatus, unavailable } from "./errors.ts";
import type { EtcdAdminDeps, Operation } from "./operation.ts";

/** A database of several GiB on a slow disk. */
const DEFRAGMENT_MS = 600_000;
const WELL_AGAIN_MS = 30_000;
const POLL_MS = 200;

/**
 * `POST defrag[?member=NAME]`: gives freed space back to the disk. A member answers nobody meanwhile, so they take turns, the
 * leader last, and each must be well again before the next.
 */
export const defragment: Operation = async ({ query, signal }, deps) => {
  const survey = await deps.cluster.survey(signal);
  const only = query.get("member");
  const turn = only === null ? inTurn(survey) : [findMember(survey, only)];
  const members: DefragAnswer["members"][number][] = [];
  for (const seen of turn) members.push(await defragmentOne(seen, deps, signal));
  return { code: 200, value: { members } satisfies DefragAnswer };
};

/** @throws StatusError 409 when a voter is away already: then one more that does not answer may cost the majority */
function inTurn({ members, leader }: Survey): SeenMember[] {
  const away = members.find(({ member, status }) => !member.isLearner && status === undefined);
  if (away !== undefined) {
    const message =
      `member ${nameOf(away.member)} does not answer (${away.problem}): while another is defragmented, ` +
      "too few may be left; name one member to do it all the same";
    throw failure({ code: 409, reason: "Conflict", message });
  }
  const voters = members.filter(({ member }) => !member.isLearner);
  return [...voters.filter((seen) => seen !== leader), ...voters.filter((seen) => seen === leader)];
}

async function defragmentOne(seen: SeenMember, { cluster, clock }: EtcdAdminDeps, signal: AbortSignal) {
  const { admin, status, member } = cluster.reachable(seen);
  const startedMs = clock.monotonicMs();
  try {
    await admin.defragment({ timeoutMs: DEFRAGMENT_MS, signal });
  } catch (error) {
    throw asEtcdStatus(error);
  }
  const durationMs = Math.round(clock.monotonicMs() - startedMs);
  const sizeAfter = await wellAgain(seen, { cluster, clock }, signal);
  return { name: member.name, id: idText(member.id), sizeBefore: Number(status.dbSizeBytes), sizeAfter, durationMs };
}

/** Waits until the member answers and follows a leader, if it did before. @returns the size of its database */
async function wellAgain(
  seen: SeenMember,
  { cluster, clock }: Pick<EtcdAdminDeps, "cluster" | "clock">,
  signal: AbortSignal,
): Promise<number> {
  const hadLeader = seen.status?.leader !== 0n;
  const deadlineMs = clock.monotonicMs() + WELL_AGAIN_MS;
  for (;;) {
    const { status, problem } = await cluster.look(seen.member, signal);
    if (status !== undefined && (status.leader !== 0n || !hadLeader)) return Number(status.dbSizeBytes);
    if (clock.monotonicMs() > deadlineMs) {
      const why = problem ?? "it has no leader";
      throw unavailable(`member ${nameOf(seen.member)} is not well since it was defragmented: ${why}`);
    }
    await clock.sleep(POLL_MS, { signal });
  }
}

import type { EtcdStatus } from "../storage/etcd3/admin.ts";
import type { AlarmAnswer, AlarmName, EtcdStatusAnswer, MemberStatusAnswer } from "./answers.ts";
import { idText, newestRevision, type SeenMember, type Survey } from "./cluster.ts";
import { quorumOf } from "./quorum.ts";

/** How etcd is, made of what its members say. */
export function statusAnswer(survey: Survey): EtcdStatusAnswer {
  const { members, leader, membersFrom } = survey;
  const voters = members.filter(({ member }) => !member.isLearner);
  const following = voters.filter(({ status }) => leader !== undefined && status?.leader === leader.member.id);
  const quorum = quorumOf(voters.length);
  const statuses = members.flatMap(({ status }) => status ?? []);
  // Terms go up without end where a minority cannot elect a leader.
  const agreeing = statuses.filter((status) => status.leader === leader?.member.id);
  const head = leader?.status?.raftIndex ?? newest(statuses, (status) => status.raftIndex);
  return {
    members: members.map((seen) => memberStatus(seen, { leaderId: leader?.member.id, head })),
    cluster: {
      leader: leader?.member.name ?? "",
      raftTerm: Number(newest(agreeing.length > 0 ? agreeing : statuses, (status) => status.raftTerm)),
      revision: newestRevision(survey).toString(),
      voters: voters.length,
      quorum,
      votersReachable: voters.filter(({ status }) => status !== undefined).length,
      mayStillLose: Math.max(0, following.length - quorum),
      alarms: alarmsOf(survey),
      membersFrom,
    },
  };
}

function memberStatus(
  { member, endpoint, status, problem }: SeenMember,
  { leaderId, head }: { leaderId: bigint | undefined; head: bigint },
): MemberStatusAnswer {
  const identity = {
    name: member.name,
    id: idText(member.id),
    endpoint,
    isLearner: member.isLearner,
    isLeader: leaderId !== undefined && member.id === leaderId,
  };
  if (status === undefined) return { ...identity, reachable: false, errors: problem === undefined ? [] : [problem] };
  const own = status.errors.filter((text) => parseAlarm(text)?.memberId === member.id);
  return {
    ...identity,
    reachable: true,
    version: status.version,
    raftTerm: Number(status.raftTerm),
    raftIndex: Number(status.raftIndex),
    raftAppliedIndex: Number(status.raftAppliedIndex),
    // Members are asked one beside the other: one that was asked a moment after the leader is not ahead of it.
    lag: head > status.raftIndex ? Number(head - status.raftIndex) : 0,
    revision: status.revision.toString(),
    dbSize: Number(status.dbSizeBytes),
    dbSizeInUse: Number(status.dbSizeInUseBytes),
    alarms: own.flatMap((text) => parseAlarm(text)?.alarm ?? []),
    errors: status.errors.filter((text) => parseAlarm(text) === undefined),
  };
}

/**
 * The alarms that stand, as members list them among their errors: this is told without a leader too, where the call that asks
 * for alarms needs one.
 */
export function alarmsOf({ members }: Survey): AlarmAnswer[] {
  const alarms = new Map<string, AlarmAnswer>();
  for (const text of members.flatMap(({ status }) => status?.errors ?? [])) {
    const parsed = parseAlarm(text);
    if (parsed === undefined) continue;
    const { memberId, alarm } = parsed;
    const name = members.find(({ member }) => member.id === memberId)?.member.name ?? "";
    alarms.set(`${memberId} ${alarm}`, { member: name, id: idText(memberId), alarm });
  }
  return [...alarms.values()];
}

/** `memberID:10276657743932975437 alarm:NOSPACE `, as etcd prints an alarm. */
function parseAlarm(text: string): { memberId: bigint; alarm: AlarmName } | undefined {
  const [, id = "", alarm] = /^memberID:(\d+) alarm:(NOSPACE|CORRUPT)\s*$/.exec(text) ?? [];
  return alarm === "NOSPACE" || alarm === "CORRUPT" ? { memberId: BigInt(id), alarm } : undefined;
}

function newest(statuses: readonly EtcdStatus[], field: (status: EtcdStatus) => bigint): bigint {
  return statuses.reduce((most, status) => (field(status) > most ? field(status) : most), 0n);
}

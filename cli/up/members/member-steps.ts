import { StatusError } from "../../../api/status.ts";
import type { EtcdStatusAnswer, MemberAnswer } from "../../../apiserver/etcd-admin/answers.ts";
import { peerUrl } from "../../../etcd/config.ts";
import { newMembers } from "../../../etcd/plan.ts";
import { UserError } from "../../user-error.ts";
import type { OperationContext } from "../control/operation.ts";
import type { EtcdCluster } from "../etcd-cluster.ts";
import { quorumWarning } from "../quorum-warning.ts";
import { type GatewayAdmin, isCaughtUp, memberStatus } from "./gateway-admin.ts";

/** What the steps of a change of members work with. */
export interface MemberChange extends OperationContext {
  readonly etcd: EtcdCluster;
  readonly admin: GatewayAdmin;
}

/** How long a new member may take to get the whole database. */
const learnTimeoutMs = 120_000;
/** How long something that may pass is waited for. */
const patienceMs = 5_000;
/** How long members may take to agree on a leader after one has come or gone. */
const settleTimeoutMs = 30_000;

/**
 * One at a time, and only while all are well: whoever adds or removes while a member is away may lose the majority. Waits a
 * little, because a cluster that has just lost its leader finds another one soon.
 *
 * @returns how all are
 * @throws UserError that names who is not well; `except` need not be
 */
export async function requireHealthy(change: MemberChange, except?: string): Promise<EtcdStatusAnswer> {
  const { admin, clock, signal } = change;
  const deadlineMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    const status = await admin.status();
    const problem = illness(status, except);
    if (problem === undefined) return status;
    if (clock.monotonicMs() > deadlineMs) throw new UserError(problem);
    await clock.sleep(200, { signal });
  }
}

function illness({ cluster, members }: EtcdStatusAnswer, except: string | undefined): string | undefined {
  if (cluster.leader === "") return "etcd has no leader: members cannot be changed without a majority";
  const leader = members.find((member) => member.name === cluster.leader);
  if (leader?.reachable === false) return `the leader ${leader.name} does not answer, and no other leads yet`;
  if (cluster.membersFrom !== "etcd") return "no member of etcd tells who the others are";
  const ill = members.filter((member) => member.name !== except && !isCaughtUp(member));
  if (ill.length === 0) return undefined;
  const names = ill.map(({ name, errors }) => [name || "a member not started yet", ...errors].join(": "));
  return `etcd is not healthy, so its members are left as they are (${names.join("; ")})`;
}

/**
 * Adds a member: tells the cluster of a learner, starts it, waits until it has caught up, gives it a vote. When a step fails the
 * cluster is told to forget it again.
 */
export async function addMember(name: string, change: MemberChange): Promise<void> {
  const { etcd, admin, say } = change;
  const [plan] = await newMembers([name]);
  if (plan === undefined) throw new Error("no member was planned");
  await takeTimingOfSeveral(change);
  const { id } = await addLearner(peerUrl(plan), change);
  say(`${name}: added as a learner with ID ${id}, which has no vote yet`);
  try {
    // Whoever comes late runs what the others were upgraded to.
    const binary = etcd.plan()[0]?.binary;
    await etcd.add({ ...plan, joins: true, ...(binary !== undefined && { binary }) });
    say(`${name}: started with initial-cluster-state=existing`);
    const learned = (status: EtcdStatusAnswer) => {
      const member = memberStatus(status, name);
      return member !== undefined && isCaughtUp(member);
    };
    await admin.until(`${name} catching up`, learned, { timeoutMs: learnTimeoutMs });
    await promote(id, change);
    say(`${name}: has caught up and votes now`);
  } catch (error) {
    say(`${name}: taken back, because of a failure`);
    await admin.remove(id).catch((problem: Error) => say(`${name}: could not be removed: ${problem.message}`));
    const aside = await etcd.remove(name);
    if (aside !== undefined) say(`${name}: data set aside in ${aside}`);
    throw error;
  }
}

/**
 * Removes a member: hands leadership on if it leads, tells the cluster, stops the process, sets its data aside.
 * @param id - the cluster's name for it
 */
export async function removeMember(name: string, id: string, change: MemberChange): Promise<void> {
  const { etcd, admin, say } = change;
  const status = await admin.status();
  const heir = status.members.find((member) => member.name !== name && !member.isLearner && isCaughtUp(member));
  if (status.cluster.leader === name && heir !== undefined) {
    await admin.moveLeader(heir.name);
    say(`${name}: led, so ${heir.name} leads now`);
  }
  await admin.remove(id);
  say(`${name}: removed from the cluster`);
  const aside = await etcd.remove(name);
  say(`${name}: stopped${aside === undefined ? "" : `, data set aside in ${aside}`}`);
  await settled(change);
}

/** Waits until there is a leader that every member follows. */
export async function settled({ admin }: MemberChange): Promise<EtcdStatusAnswer> {
  return admin.until("finding a leader", ({ cluster, members }) => cluster.leader !== "" && members.every(isCaughtUp), {
    timeoutMs: settleTimeoutMs,
  });
}

/** Tells gateways and user who is a member now. */
export async function announce(change: MemberChange): Promise<EtcdStatusAnswer> {
  const { plane, say, signal, etcd } = change;
  await plane.repoint({ signal });
  say(`gateways: use ${plane.plane.etcdServers.join(", ")}`);
  const status = await settled(change);
  const { voters, quorum, mayStillLose } = status.cluster;
  say(`etcd has ${voters} voting members now: quorum ${quorum}, ${mayStillLose} may still be lost`);
  const warning = quorumWarning(etcd.plan().length);
  if (warning !== undefined) say(warning);
  return status;
}

/** etcd takes a member for well only when it has been connected for five seconds, the heirs of a removed one included. */
async function addLearner(url: string, { admin, clock, signal }: MemberChange): Promise<MemberAnswer> {
  for (let tries = 1; ; tries++) {
    try {
      return await admin.addLearner(url);
    } catch (error) {
      if (tries === 100 || !(error instanceof StatusError) || error.reason !== "Conflict") throw error;
    }
    await clock.sleep(200, { signal });
  }
}

/** Promotion is refused while the learner is not in step, as the leader sees it: that takes a few heartbeats. */
async function promote(id: string, { admin, clock, signal }: MemberChange): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await admin.promote(id);
    } catch (error) {
      if (tries === 50 || !(error instanceof Error) || !/in sync with leader/.test(error.message)) throw error;
    }
    await clock.sleep(200, { signal });
  }
}

/** A single member elects itself within 50 ms; among others it must have their patience. */
async function takeTimingOfSeveral({ etcd, say, signal, admin }: MemberChange): Promise<void> {
  const [only, ...others] = etcd.members();
  if (only === undefined || others.length > 0) return;
  say(`${only.plan.name}: started again with the election timing of several members`);
  etcd.expectOthers();
  await only.process.hold();
  await only.process.resume({ signal });
  await admin.until("finding a leader", ({ cluster }) => cluster.leader !== "", { timeoutMs: settleTimeoutMs });
}

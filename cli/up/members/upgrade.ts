import { resolve } from "node:path";
import type { EtcdStatusAnswer } from "../../../apiserver/etcd-admin/answers.ts";
import { probeEtcd } from "../../../etcd/find.ts";
import { upgradeProblem } from "../../../etcd/version.ts";
import { UserError } from "../../user-error.ts";
import { isCaughtUp, memberStatus } from "./gateway-admin.ts";
import { type MemberChange, requireHealthy, settled } from "./member-steps.ts";
import { saveBefore } from "./save-before.ts";

/** How long a member may take to be back in step with another program. */
const backTimeoutMs = 60_000;

/**
 * Takes every member to another etcd program, one at a time, followers first, after a snapshot. A member that does not come back
 * with the new program gets its old one again, and the others are left as they are.
 *
 * @param to - path of the program
 * @throws UserError where etcd does not support the step from the version that runs
 * @see https://etcd.io/docs/v3.6/upgrades/upgrade_3_6/
 */
export async function upgrade(to: string, change: MemberChange): Promise<EtcdStatusAnswer> {
  const { say, signal } = change;
  const program = await probeEtcd(resolve(to), { signal });
  if (typeof program === "string") throw new UserError(`${to} cannot be used: ${program}`);
  const before = await requireHealthy(change);
  for (const { name, version = "" } of before.members) {
    const problem = upgradeProblem(version, program.version);
    if (problem !== undefined)
      throw new UserError(`${name} cannot go from etcd ${version} to ${program.version}: ${problem}`);
  }
  say(`snapshot before the upgrade: ${await saveBefore("upgrade", change)}`);
  const followersFirst = [...before.members].sort((one, other) => Number(one.isLeader) - Number(other.isLeader));
  for (const { name, version } of followersFirst) {
    await handOverFrom(name, change);
    await restartWith(name, program.path, change);
    say(`${name}: etcd ${version} → ${program.version}`);
  }
  return settled(change);
}

async function handOverFrom(name: string, { admin, say }: MemberChange): Promise<void> {
  const { cluster, members } = await admin.status();
  const heir = members.find((member) => member.name !== name && !member.isLearner && isCaughtUp(member));
  if (cluster.leader !== name || heir === undefined) return;
  await admin.moveLeader(heir.name);
  say(`${name}: led, so ${heir.name} leads now`);
}

async function restartWith(name: string, path: string, { etcd, admin, say, signal }: MemberChange): Promise<void> {
  const { process } = etcd.member(name);
  const old = etcd.binaryOf(name);
  const start = async (binary: string) => {
    await process.hold();
    etcd.useBinary(name, binary);
    await process.resume({ signal });
    const isBack = (status: EtcdStatusAnswer) => {
      const member = memberStatus(status, name);
      return member !== undefined && isCaughtUp(member);
    };
    await admin.until(`${name} coming back`, isBack, { timeoutMs: backTimeoutMs });
  };
  try {
    await start(path);
  } catch (error) {
    say(`${name}: does not come back with ${path}, so it gets ${old} again`);
    await start(old);
    throw error;
  }
}

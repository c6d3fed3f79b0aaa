import { mkdirSync } from "node:fs";
import type { Clock } from "../component-base/clock.ts";
import type { Running } from "../component-base/running.ts";
import { makePrivateFolder } from "../component-base/secret-file.ts";
import type { EtcdConfig } from "./config.ts";
import { isLeader } from "./health.ts";
import { type EtcdDeps, type RunningMember, startMember } from "./member.ts";
import { planMembers } from "./plan.ts";

/** A running etcd cluster. `done` rejects when a member ends without having been asked to. */
export interface RunningEtcd extends Running {
  /** One `https://127.0.0.1:port` for each member. */
  readonly clientUrls: readonly string[];
  readonly members: readonly RunningMember[];
}

/** How long a cluster may take to elect a leader, a big database to be read included. */
const healthyTimeoutMs = 60_000;
/** Members answer within milliseconds, or not at all. */
const leaderTimeoutMs = 500;

/**
 * Starts the bundled etcd and waits until every member is healthy. Ports are free ones on loopback, the same as last time
 * where possible. No client connection is opened: only the gateway has the certificate for one.
 *
 * @throws Error with the end of etcd's log when it does not come up; nothing is left running then
 */
export async function startEtcd(
  config: EtcdConfig,
  deps: EtcdDeps,
  options: { readonly signal: AbortSignal },
): Promise<RunningEtcd> {
  makePrivateFolder(config.dataDir);
  mkdirSync(config.logDir, { recursive: true });
  const plan = config.plan ?? (await planMembers(config.dataDir, config.members));
  const members = await Promise.all(plan.map((member) => startMember(config, member, plan, deps)));
  const stop = () => stopMembers(members, deps);
  const timeout = new AbortController();
  const timer = deps.clock.setTimer(healthyTimeoutMs, () => timeout.abort(new Error("etcd has found no leader")));
  try {
    const signal = AbortSignal.any([options.signal, timeout.signal]);
    await Promise.all(members.map((member) => member.whenHealthy({ signal })));
  } catch (error) {
    await stop();
    throw error;
  } finally {
    timer.cancel();
  }
  const done = Promise.all(members.map((member) => member.done)).then(() => undefined);
  done.catch(() => undefined);
  return { clientUrls: members.map((member) => member.clientUrl), members, done, stop };
}

/** Followers first: a leader that ends looks for a follower to take over, and one that is just ending takes its time. */
export async function stopMembers(
  members: readonly { readonly metricsUrl: string; stop(): Promise<void> }[],
  deps: { readonly clock: Clock },
): Promise<void> {
  const leader = members.length === 1 ? undefined : await findLeader(members, deps);
  const followers = members.filter((member) => member !== leader);
  const stopped = await Promise.allSettled(followers.map((member) => member.stop()));
  await leader?.stop();
  const failed = stopped.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function findLeader<T extends { readonly metricsUrl: string }>(
  members: readonly T[],
  { clock }: { readonly clock: Clock },
): Promise<T | undefined> {
  const late = new AbortController();
  const timer = clock.setTimer(leaderTimeoutMs, () => late.abort());
  const leads = await Promise.all(members.map(({ metricsUrl }) => isLeader(metricsUrl, late)));
  timer.cancel();
  return members.find((_, index) => leads[index]);
}

import type { Clock } from "../../component-base/clock.ts";
import type { EtcdConfig, MemberPlan } from "../../etcd/config.ts";
import { type RunningMember, startMember } from "../../etcd/member.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import type { Prepared } from "./supervise.ts";

/** How long a cluster may take to elect a leader, a big database to be read included. */
const healthyTimeoutMs = 60_000;

export interface MemberLaunch {
  /** Of its process, as users know it. */
  readonly name: string;
  readonly config: EtcdConfig;
  readonly member: MemberPlan;
  readonly plan: readonly MemberPlan[];
  readonly environment: NodeJS.ProcessEnv;
  /** Further variables of the environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Folder of pid files. */
  readonly run: string;
  /** Ready is `healthy`: it has a leader. Or just `running`, as a member that comes back to others that may be away. */
  readonly readyWhen: "healthy" | "running";
}

/** A member of the bundled etcd as something to supervise; it comes back on the same ports. */
export function prepareMember(launch: MemberLaunch, deps: { readonly clock: Clock }): Prepared {
  const { name, config, member, plan, environment, variables, run } = launch;
  const discarded = new AbortController();
  let started: RunningMember | undefined;
  const stop = async () => {
    await started?.stop();
    removePidFile(run, name);
    if (started?.killed === true) throw new Error("did not stop in time, so it was killed");
  };
  return {
    async discard() {
      discarded.abort(new Error("ended before it was ready"));
      await started?.stop();
    },
    async start() {
      discarded.signal.throwIfAborted();
      const running = await startMember(config, member, plan, { ...deps, environment, variables });
      started = running;
      writePidFile(run, name, running.pid);
      try {
        if (launch.readyWhen === "healthy") await healthy(running, discarded.signal, deps);
      } catch (error) {
        await stop();
        throw error;
      }
      return { pid: running.pid, done: running.done, stop };
    },
  };
}

async function healthy(member: RunningMember, discarded: AbortSignal, deps: { readonly clock: Clock }): Promise<void> {
  const late = new AbortController();
  const timer = deps.clock.setTimer(healthyTimeoutMs, () => late.abort(new Error("has found no leader")));
  try {
    await member.whenHealthy({ signal: AbortSignal.any([discarded, late.signal]) });
  } finally {
    timer.cancel();
  }
}

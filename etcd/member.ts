import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../component-base/clock.ts";
import { ProgramEnded, spawnGuarded } from "../component-base/guarded-child.ts";
import type { Running } from "../component-base/running.ts";
import { clientUrl, type EtcdConfig, type MemberPlan, memberArgs, metricsUrl } from "./config.ts";
import { waitUntilHealthy } from "./health.ts";

export interface EtcdDeps {
  readonly clock: Clock;
  /**
   * Environment of the child. Taken out are ETCD_… variables, so that they cannot override our flags, and proxies, which
   * members would ask for each other.
   */
  readonly environment: NodeJS.ProcessEnv;
  /** Further variables, kept as they are. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** One etcd process. `done` rejects when it ends without having been asked to. */
export interface RunningMember extends Running {
  readonly name: string;
  readonly pid: number;
  readonly clientUrl: string;
  readonly metricsUrl: string;
  /** Whether `stop()` had to kill it, because it took too long. */
  readonly killed: boolean;
  /** Resolves when the member has a leader and answers. */
  whenHealthy(options: { readonly signal: AbortSignal }): Promise<void>;
}

/**
 * How long etcd may take to end after SIGTERM before it is killed. A leader looks for another one first, for some 7 s when the
 * others are just ending: so it is to be the last.
 */
const stopTimeoutMs = 3_000;

export function memberLog(config: Pick<EtcdConfig, "logDir">, member: MemberPlan, plan: readonly MemberPlan[]): string {
  return join(config.logDir, plan.length === 1 ? "etcd.log" : `${member.name}.log`);
}

/** Starts one member; it is not healthy yet when this resolves. */
export async function startMember(
  config: EtcdConfig,
  member: MemberPlan,
  plan: readonly MemberPlan[],
  deps: EtcdDeps,
): Promise<RunningMember> {
  const { clock } = deps;
  const logPath = memberLog(config, member, plan);
  const logFile = openSync(logPath, "a", 0o600);
  const child = await spawnGuarded(config.binary, memberArgs(config, member, plan), {
    logFile,
    environment: { ...withoutForeignVariables(deps.environment), ...deps.variables },
  }).finally(() => closeSync(logFile));

  const ended = new AbortController();
  let stopping = false;
  let killed = false;
  const done = child.exited.then((exit) => {
    const error = new ProgramEnded(`ended with ${exit}${lastProblem(logPath)}`, exit);
    ended.abort(error);
    if (!stopping) throw error;
  });
  // The owner awaits `done` when it wants to; until then a failure must not count as unhandled.
  done.catch(() => undefined);

  return {
    name: member.name,
    pid: child.pid,
    clientUrl: clientUrl(member),
    metricsUrl: metricsUrl(member),
    done,
    get killed() {
      return killed;
    },
    whenHealthy: ({ signal }) =>
      waitUntilHealthy(metricsUrl(member), deps, { signal: AbortSignal.any([signal, ended.signal]) }),
    async stop() {
      if (!stopping) {
        stopping = true;
        child.process.kill("SIGTERM");
        const timer = clock.setTimer(stopTimeoutMs, () => {
          killed = child.process.kill("SIGKILL");
        });
        child.exited.finally(() => timer.cancel());
      }
      await child.exited;
    },
  };
}

function withoutForeignVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign = /^ETCD_|^(https?|all|no)_proxy$/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !foreign.test(name)));
}

/** The last line of etcd's log that explains an end, shortened; empty when none does. */
function lastProblem(logPath: string): string {
  const lines = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-50);
  const problem = lines.findLast((line) => /"level":"(fatal|panic|error)"|panic:|unsupported|flag provided/.test(line));
  return problem === undefined ? "" : `: ${problem.slice(0, 600)}`;
}

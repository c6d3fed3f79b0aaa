import type { Clock } from "../../component-base/clock.ts";
import { type LinkFault, pass } from "../../component-base/link-fault.ts";
import { isLeader } from "../../etcd/health.ts";
import type { Process, RobustCluster } from "./cluster.ts";
import type { Keeper } from "./keeper.ts";
import type { Recorder } from "./recorder.ts";
import type { Reference } from "./reference.ts";
import { describeFault, type FaultKind, type PlannedFault } from "./schedule.ts";

export interface FaultDeps {
  readonly cluster: RobustCluster;
  readonly keeper: Keeper;
  readonly reference: Reference;
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** Puts it right again. */
type Undo = () => void;

const callTimeoutMs = 3_000;
/** How far behind the newest revision a compaction cuts at most. */
const mostKept = 60;

/** Lets every fault of the plan happen in its time; ends when the last one is undone, or with the signal, all undone. */
export async function runFaults(plan: readonly PlannedFault[], deps: FaultDeps, signal: AbortSignal): Promise<void> {
  const { clock, recorder } = deps;
  const beganMs = clock.monotonicMs();
  await Promise.all(
    plan.map(async (fault) => {
      let undo: Undo = () => undefined;
      try {
        await clock.sleep(fault.atMs - (clock.monotonicMs() - beganMs), { signal });
        recorder.fault(describeFault(fault));
        undo = await apply[fault.kind](fault, deps, signal);
        await clock.sleep(fault.durationMs, { signal });
      } catch (error) {
        // etcd may refuse maintenance in the middle of other faults; that it was tried is all that is wanted.
        if (!signal.aborted) recorder.fault(`${fault.kind} came to nothing: ${(error as Error).message}`);
      } finally {
        undo();
      }
    }),
  );
}

type Apply = (fault: PlannedFault, deps: FaultDeps, signal: AbortSignal) => Promise<Undo>;

const apply: Readonly<Record<FaultKind, Apply>> = {
  "kill member": async ({ member, durationMs }, { cluster, keeper }) =>
    kill([at(cluster.members, member)], keeper, durationMs),
  "kill leader": async (fault, deps, signal) =>
    kill([await leader(fault, deps, signal)], deps.keeper, fault.durationMs),
  "kill all members": async ({ durationMs }, { cluster, keeper }) => kill(cluster.members, keeper, durationMs),
  "pause member": async ({ member }, { cluster }) => pause([at(cluster.members, member)]),
  "pause leader": async (fault, deps, signal) => pause([await leader(fault, deps, signal)]),
  "pause majority": async ({ member }, { cluster }) =>
    pause(cluster.members.filter((_, index) => index !== member).slice(0, Math.floor(cluster.members.length / 2) + 1)),
  "kill gateway": async ({ gateway, durationMs }, { cluster, keeper }) =>
    kill([at(cluster.gateways, gateway)], keeper, durationMs),
  "stop gateway": async ({ gateway, durationMs }, { cluster, keeper }) => {
    const victim = at(cluster.gateways, gateway);
    keeper.holdDown(victim, durationMs);
    victim.signal("SIGTERM");
    return () => undefined;
  },
  "pause gateway": async ({ gateway }, { cluster }) => pause([at(cluster.gateways, gateway)]),
  // Of scheduler, controllers and kubelets, where there are any yet.
  "kill loop": async ({ dice, durationMs }, { cluster, keeper }) =>
    kill([runningLoop(cluster, dice)], keeper, durationMs),
  "pause loop": async ({ dice }, { cluster }) => pause([runningLoop(cluster, dice)]),
  "refuse link": async (fault, deps) => bend(oneLink(fault, deps), { kind: "refuse" }, deps),
  "stall link": async (fault, deps) => bend(oneLink(fault, deps), stall(fault), deps),
  "delay link": async (fault, deps) => bend(oneLink(fault, deps), delay(fault), deps),
  "refuse all links": async (fault, deps) => bend(linksOf(fault, deps), { kind: "refuse" }, deps),
  "stall all links": async (fault, deps) => bend(linksOf(fault, deps), stall(fault), deps),
  "delay all links": async (fault, deps) => bend(linksOf(fault, deps), delay(fault), deps),
  // Its clients still reach it: it must not answer them as if nothing had happened.
  "partition member": async (fault, deps) => bend(peerLinks(fault, deps), lost(fault), deps),
  "deafen member": async (fault, deps) =>
    bend(
      peerLinks(fault, deps).filter(({ to }) => to === at(deps.cluster.members, fault.member).name),
      lost(fault),
      deps,
    ),
  // One gateway with one member on this side, the other gateways and members on that.
  split: async (fault, deps) => {
    const { members, gateways } = deps.cluster;
    const { name } = at(members, fault.member);
    const own = at(gateways, fault.gateway).name;
    const across = gateways.flatMap((gateway) =>
      members
        .filter((member) => (gateway.name === own) !== (member.name === name))
        .map((member) => ({ from: gateway.name, to: member.name })),
    );
    return bend([...peerLinks(fault, deps), ...across], lost(fault), deps);
  },
  compact: async ({ dice }, { reference }) => {
    // Never beyond what the reference has read, or the history could not be checked.
    await reference.compact(reference.reached() - Math.floor(dice * dice * mostKept));
    return () => undefined;
  },
  "move leader": async (fault, { cluster, reference }, signal) => {
    const options = { timeoutMs: callTimeoutMs, signal };
    const index = await leaderIndex(cluster, signal);
    const others = (await reference.admin(index).members(options)).filter(
      ({ name }) => name !== at(cluster.members, index).name,
    );
    const target = at(others, Math.floor(fault.dice * others.length));
    await reference.admin(index).moveLeader(target.id, options);
    return () => undefined;
  },
  defragment: async ({ member }, { reference }, signal) => {
    await reference.admin(member).defragment({ timeoutMs: callTimeoutMs, signal });
    return () => undefined;
  },
};

function kill(victims: readonly Process[], keeper: Keeper, durationMs: number): Undo {
  for (const victim of victims) {
    keeper.holdDown(victim, durationMs);
    victim.signal("SIGKILL");
  }
  return () => undefined;
}

function pause(victims: readonly Process[]): Undo {
  for (const victim of victims) victim.signal("SIGSTOP");
  return () => {
    for (const victim of victims) victim.signal("SIGCONT");
  };
}

function runningLoop({ loops }: RobustCluster, dice: number): Process {
  const running = loops.filter((loop) => loop.running());
  return at(running, Math.floor(dice * running.length));
}

interface Direction {
  readonly from: string;
  readonly to: string;
}

function bend(directions: readonly Direction[], fault: LinkFault, { cluster }: FaultDeps): Undo {
  for (const { from, to } of directions) cluster.links.setFault(from, to, fault);
  return () => {
    for (const { from, to } of directions) cluster.links.setFault(from, to, pass);
  };
}

/** As packets get lost: most often without a word. */
function lost({ dice }: PlannedFault): LinkFault {
  return dice < 0.7 ? { kind: "stall" } : { kind: "refuse" };
}

function stall({ dice }: PlannedFault): LinkFault {
  if (dice < 0.4) return { kind: "stall" };
  return { kind: "stall", towards: dice < 0.7 ? "caller" : "target" };
}

function delay({ dice }: PlannedFault): LinkFault {
  return { kind: "delay", delayMs: 10 + dice * 190, jitterMs: dice * 100 };
}

function oneLink({ gateway, member }: PlannedFault, { cluster }: FaultDeps): Direction[] {
  return [{ from: at(cluster.gateways, gateway).name, to: at(cluster.members, member).name }];
}

/** All of a gateway's. */
function linksOf({ gateway }: PlannedFault, { cluster }: FaultDeps): Direction[] {
  return cluster.members.map((member) => ({ from: at(cluster.gateways, gateway).name, to: member.name }));
}

/** Between a member and the others, both ways. */
function peerLinks({ member }: PlannedFault, { cluster }: FaultDeps): Direction[] {
  const { name } = at(cluster.members, member);
  const others = cluster.members.filter((other) => other.name !== name);
  return others.flatMap((other) => [
    { from: name, to: other.name },
    { from: other.name, to: name },
  ]);
}

async function leader(fault: PlannedFault, { cluster }: FaultDeps, signal: AbortSignal): Promise<Process> {
  return at(cluster.members, await leaderIndex(cluster, signal).catch(() => fault.member));
}

/** @throws Error when nobody leads */
async function leaderIndex({ members }: RobustCluster, signal: AbortSignal): Promise<number> {
  const leads = await Promise.all(
    members.map(({ metricsUrl }) =>
      isLeader(metricsUrl, { signal: AbortSignal.any([signal, AbortSignal.timeout(500)]) }),
    ),
  );
  const index = leads.indexOf(true);
  if (index === -1) throw new Error("there is no leader");
  return index;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no number ${index}`);
  return item;
}

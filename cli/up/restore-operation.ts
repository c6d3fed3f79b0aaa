import type { MemberPlan } from "../../etcd/config.ts";
import { peerUrl } from "../../etcd/config.ts";
import { probeEtcd } from "../../etcd/find.ts";
import { freeMemberName, newMembers } from "../../etcd/plan.ts";
import type { KnownKey } from "../../etcd/snapshot/diff-states.ts";
import { checkRestore, restore } from "../../etcd/snapshot/restore.ts";
import { type RestoreSummary, summarize } from "../restore/report.ts";
import { UserError } from "../user-error.ts";
import type { Operation, OperationContext } from "./control/operation.ts";
import type { Loop } from "./live-plane.ts";
import { GatewayAdmin } from "./members/gateway-admin.ts";
import { serverUrl } from "./plane.ts";

/** What `gatehouse restore` asks for. */
export interface RestoreRequest {
  /** Whole path of a snapshot that is not encrypted. */
  readonly file: string;
  /** Default: as many as there are. */
  readonly members?: number;
  readonly stopGateways: boolean;
}

/** How long a gateway may take to tell what it knows. */
const knownTimeoutMs = 20_000;

/**
 * Takes a running control plane back to a snapshot in the documented order: loops and gateways are stopped, then etcd; all
 * members are restored; etcd, gateways and loops are started. When the files cannot be restored all starts again as it was.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#restoring-an-etcd-cluster
 */
export const restoreOperation: Operation = { name: "restore", runs: "alone", run: restorePlane };

async function restorePlane(input: unknown, context: OperationContext): Promise<RestoreSummary> {
  const { plane, say, signal, clock } = context;
  const { etcd } = plane;
  const request = parse(input);
  requireStopped(plane.gateways(), request);
  const broken = plane.faults.brokenLinks();
  if (broken.length > 0) {
    throw new UserError(`etcd's members could not agree: ${broken.join("; ")}. First: gatehouse fault heal`);
  }
  const before = etcd.plan();
  const binary = await probeEtcd(before[0]?.binary ?? etcd.binaryOf(before[0]?.name ?? ""), { signal });
  if (typeof binary === "string") throw new UserError(`etcd's program: ${binary}`);
  await checkRestore({ file: request.file, binary }, { environment: process.env }, { signal });
  const known = await lastKnown(context);
  await holdAll([...plane.loops(), ...plane.gateways()], context);
  await etcd.hold();
  say("etcd: stopped");
  let members = before;
  try {
    members = await planOf(before, request.members ?? before.length);
    const report = await restore(
      {
        file: request.file,
        dataDir: plane.folder.etcd,
        members: members.map((member) => ({ name: member.name, peerUrl: peerUrl(member) })),
        binary,
        prefix: plane.config.etcdPrefix,
        ...(known !== undefined && { known }),
      },
      { clock, environment: process.env, say },
      { signal },
    );
    say(`etcd: data of ${members.map(({ name }) => name).join(", ")} made anew, with a new cluster token`);
    return summarize(report, plane.config.etcdPrefix);
  } catch (error) {
    members = before;
    say("nothing was restored, so everything starts again as it was");
    throw error;
  } finally {
    await startAll(members, context);
  }
}

async function startAll(members: readonly MemberPlan[], { plane, say, signal }: OperationContext): Promise<void> {
  await plane.etcd.resume(members, { signal });
  say("etcd: started");
  await plane.repoint({ signal });
  for (const group of [plane.gateways(), plane.loops()]) {
    await Promise.all(group.map(({ process }) => process.resume({ signal })));
    say(`${group.map(({ process }) => process.name).join(", ")}: started`);
  }
}

/** A gateway that serves while etcd goes back in time would show its clients both times. */
function requireStopped(gateways: readonly Loop[], { stopGateways }: RestoreRequest): void {
  const living = gateways.filter(({ process }) => process.state !== "held");
  if (stopGateways || living.length === 0) return;
  const names = living.map(({ process: { name, pid } }) => (pid === undefined ? name : `${name} (process ${pid})`));
  throw new UserError(
    `${names.join(" and ")} still ${living.length === 1 ? "runs" : "run"}: nothing is restored under a living gateway. ` +
      "With --stop-gateways they are stopped first, and started again afterwards",
  );
}

async function holdAll(loops: readonly Loop[], { say }: OperationContext): Promise<void> {
  // Killed or not, it is down.
  await Promise.all(loops.map(({ process }) => process.hold().catch(() => undefined)));
  say(`${loops.map(({ process }) => process.name).join(", ")}: stopped`);
}

/** What the first gateway that answers knows; undefined when none does. */
async function lastKnown({ plane, clock, say, signal }: OperationContext): Promise<KnownKey[] | undefined> {
  for (const { name, port } of plane.plane.gateways) {
    const late = new AbortController();
    const timer = clock.setTimer(knownTimeoutMs, () => late.abort(new Error("no answer in time")));
    const options = {
      clock,
      signal: AbortSignal.any([signal, late.signal]),
      server: serverUrl(plane.config, port),
    };
    const admin = new GatewayAdmin(plane.folder.kubeconfig, options);
    try {
      return await admin.known();
    } catch (error) {
      say(`${name} does not tell what it knows: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      timer.cancel();
      await admin.close();
    }
  }
  return undefined;
}

/** As many members as wanted: those there are, as far as they go, and new ones. All belong to a new cluster. */
export async function planOf(before: readonly MemberPlan[], count: number): Promise<readonly MemberPlan[]> {
  const kept = before.slice(0, count).map(({ joins: _, ...member }) => member);
  const all: MemberPlan[] = [...kept];
  while (all.length < count) {
    const [added] = await newMembers([freeMemberName(all)]);
    if (added !== undefined) all.push(added);
  }
  return all;
}

function parse(input: unknown): RestoreRequest {
  const request = input as Partial<RestoreRequest> | null;
  const { file, members, stopGateways } = request ?? {};
  if (typeof file !== "string" || typeof stopGateways !== "boolean") throw new UserError("a file is missing");
  if (members !== undefined && !(Number.isInteger(members) && members > 0)) throw new UserError("members is no number");
  return { file, stopGateways, ...(members !== undefined && { members }) };
}

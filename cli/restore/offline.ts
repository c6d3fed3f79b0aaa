import { existsSync } from "node:fs";
import type { Clock } from "../../component-base/clock.ts";
import { peerUrl } from "../../etcd/config.ts";
import { findEtcd, probeEtcd } from "../../etcd/find.ts";
import { planMembers, readPlan, writePlan } from "../../etcd/plan.ts";
import { restore } from "../../etcd/snapshot/restore.ts";
import type { DataDir } from "../data-dir.ts";
import { readPlaneFacts } from "../plane-file.ts";
import { liveComponents } from "../up/pid-file.ts";
import { planOf, type RestoreRequest } from "../up/restore-operation.ts";
import { UserError } from "../user-error.ts";
import { type RestoreSummary, summarize } from "./report.ts";

/**
 * Restores the files of a control plane that does not run; the next start begins with them.
 * @throws UserError that names what still runs, left over from a launcher that was killed
 */
export async function restoreOffline(
  folder: DataDir,
  request: RestoreRequest,
  deps: { readonly clock: Clock; readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<RestoreSummary> {
  const { say, signal } = deps;
  const living = [...liveComponents(folder.run)];
  if (living.length > 0) {
    const names = living.map(([name, pid]) => `${name} (process ${pid})`).join(", ");
    throw new UserError(
      `left over from a control plane that was killed: ${names}. End them, or start and stop the plane once`,
    );
  }
  const prefix = existsSync(folder.planeFile) ? readPlaneFacts(folder).etcdPrefix : "/registry";
  const before = readPlan(folder.etcd) ?? (await planMembers(folder.etcd, request.members));
  const members = await planOf(before, request.members ?? before.length);
  const upgraded = before[0]?.binary;
  const found =
    upgraded === undefined
      ? await findEtcd({ environment: process.env, say }, deps)
      : await probeEtcd(upgraded, { signal });
  if (typeof found === "string") throw new UserError(`${upgraded}: ${found}`);
  const report = await restore(
    {
      file: request.file,
      dataDir: folder.etcd,
      members: members.map((member) => ({ name: member.name, peerUrl: peerUrl(member) })),
      binary: found,
      prefix,
    },
    { ...deps, environment: process.env },
    { signal },
  );
  writePlan(folder.etcd, members);
  say(`${members.map(({ name }) => name).join(", ")}: restored; the next start begins with this data`);
  return summarize(report, prefix);
}

import type { StateDifference } from "../../etcd/snapshot/diff-states.ts";
import type { RestoreReport } from "../../etcd/snapshot/restore.ts";

/** What a restore did, as JSON. */
export interface RestoreSummary {
  /** etcd starts there; decimal. */
  readonly revision: string;
  /** Of the newest entry in the snapshot; decimal. */
  readonly snapshotRevision: string;
  readonly objects: number;
  /** `gateways`, or the member whose old data was read; absent when nobody knew anything. */
  readonly comparedWith?: string;
  readonly undone?: StateDifference;
  readonly setAside: readonly { readonly member: string; readonly folder: string }[];
}

export function summarize(report: RestoreReport): RestoreSummary {
  const { snapshot, revision, setAside, comparedWith, undone } = report;
  return {
    revision: revision.toString(),
    snapshotRevision: snapshot.revision.toString(),
    objects: [...snapshot.objects.values()].reduce((sum, count) => sum + count, 0),
    ...(comparedWith !== undefined && { comparedWith }),
    ...(undone !== undefined && { undone }),
    setAside,
  };
}

/** Of each list so many are named; `-o json` has them all. */
const named = 20;

/** For people. */
export function renderSummary(summary: RestoreSummary, options: { readonly prefix: string }): string {
  const { objects, snapshotRevision, revision, comparedWith, undone, setAside } = summary;
  const lines = [`restored ${objects} objects of revision ${snapshotRevision}; etcd goes on from revision ${revision}`];
  for (const { member, folder } of setAside) lines.push(`old data of ${member}: ${folder}`);
  if (undone === undefined)
    return [...lines, "what this undid is not known: nobody could tell what was there"].join("\n");
  const whose = comparedWith === "gateways" ? "what the gateways last knew" : `the old data of ${comparedWith}`;
  const { vanished, cameBack, changed, unchanged } = undone;
  lines.push(`compared with ${whose}, ${unchanged} objects are as they were`);
  const list = (title: string, keys: readonly string[]) => {
    lines.push(`${title}: ${keys.length}`);
    for (const key of keys.slice(0, named)) lines.push(`  ${key.slice(options.prefix.length + 1)}`);
    if (keys.length > named) lines.push(`  … and ${keys.length - named} more`);
  };
  list("vanished (made after the snapshot)", vanished);
  list("came back (deleted after the snapshot)", cameBack);
  list("changed back", changed);
  return lines.join("\n");
}

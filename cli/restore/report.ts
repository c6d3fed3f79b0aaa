import type { StateDifference } from "../../etcd/snapshot/diff-states.ts";
import type { RestoreReport } from "../../etcd/snapshot/restore.ts";
import { kindNames } from "../snapshot/kind-names.ts";

/** What a restore did, as JSON. */
export interface RestoreSummary {
  /** What keys of objects start with: `/registry`. */
  readonly prefix: string;
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

export function summarize(report: RestoreReport, prefix: string): RestoreSummary {
  const { snapshot, revision, setAside, comparedWith, undone } = report;
  return {
    prefix,
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

/** They come and go by themselves, so they are counted only. */
const restless = /^(events|leases)\//;

/** For people. */
export function renderSummary(summary: RestoreSummary): string {
  const { objects, snapshotRevision, revision, comparedWith, undone, setAside } = summary;
  const lines = [`restored ${objects} objects of revision ${snapshotRevision}; etcd goes on from revision ${revision}`];
  for (const { member, folder } of setAside) lines.push(`old data of ${member}: ${folder}`);
  if (undone === undefined)
    return [...lines, "what this undid is not known: nobody could tell what was there"].join("\n");
  const whose = comparedWith === "gateways" ? "what the gateways last knew" : `the old data of ${comparedWith}`;
  const { vanished, cameBack, changed, unchanged } = undone;
  lines.push(`compared with ${whose}, ${unchanged} objects are as they were`);
  const objectOf = objectNames();
  const list = (title: string, keys: readonly string[]) => {
    const names = keys.map((key) => key.slice(summary.prefix.length + 1));
    const lasting = names.filter((name) => !restless.test(name));
    const others = names.length - lasting.length;
    lines.push(`${title}: ${names.length}${others > 0 ? `, ${others} of them Events and Leases` : ""}`);
    for (const name of lasting.slice(0, named)) lines.push(`  ${objectOf(name)}`);
    if (lasting.length > named) lines.push(`  … and ${lasting.length - named} more`);
  };
  list("vanished (made after the snapshot)", vanished);
  list("came back (deleted after the snapshot)", cameBack);
  list("changed back", changed);
  return lines.join("\n");
}

/** `services/specs/default/web` → `services/default/web`. */
function objectNames(): (name: string) => string {
  const kinds = [...kindNames()].sort(([one], [other]) => other.length - one.length);
  return (name) => {
    const [stored, kind] = kinds.find(([prefix]) => name.startsWith(`${prefix}/`)) ?? [];
    return stored === undefined ? name : `${kind}${name.slice(stored.length)}`;
  };
}

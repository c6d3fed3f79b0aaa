import type { HashAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { textTable } from "../text-table.ts";
import { withGateway } from "./gateway.ts";
import { type Output, print } from "./output.ts";

/** `gatehouse etcd hash`; the exit code is 1 when members differ. */
export async function hash(options: { readonly kubeconfig: string; readonly output: Output }): Promise<number> {
  const answer = await withGateway(options.kubeconfig, (gateway) => gateway.ask<HashAnswer>("GET", "hash"));
  print(answer, options.output, hashText);
  return answer.agree ? 0 : 1;
}

export function hashText({ members, revision, agree }: HashAnswer): string {
  const rows = members.map(({ name, id, hash, compactRevision }) => [
    name || "-",
    id,
    hash === undefined ? "-" : hash.toString(16),
    compactRevision === "-1" ? "never" : (compactRevision ?? "-"),
  ]);
  const lines = [textTable(["NAME", "ID", "HASH", "COMPACTED TO"], rows), ""];
  for (const { name, id, error } of members) if (error !== undefined) lines.push(`${name || id}: ${error}`);
  const asked = members.filter((member) => member.hash !== undefined);
  const comparable = new Set(asked.map(({ compactRevision }) => compactRevision)).size <= 1;
  lines.push(`${verdict()} at revision ${revision}`);
  return lines.join("\n");

  function verdict(): string {
    if (!agree) return "MEMBERS DIFFER";
    if (asked.length < 2) return "nothing to compare";
    const whole =
      asked.length === members.length ? `all ${asked.length} members agree` : `${asked.length} members agree`;
    return comparable ? whole : "members that are compacted to the same revision agree";
  }
}

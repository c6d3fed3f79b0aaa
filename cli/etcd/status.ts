import type { EtcdStatusAnswer, MemberStatusAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { humanBytes } from "../snapshot/human-bytes.ts";
import { textTable } from "../text-table.ts";
import { quorumWarning } from "../up/quorum-warning.ts";
import { withGateway } from "./gateway.ts";
import { type Output, print } from "./output.ts";
import { quorumSentence } from "./quorum-sentence.ts";

/** `gatehouse etcd status` */
export async function etcdStatus(options: { readonly kubeconfig: string; readonly output: Output }): Promise<number> {
  const status = await withGateway(options.kubeconfig, (gateway) => gateway.ask<EtcdStatusAnswer>("GET", "status"));
  print(status, options.output, statusText);
  return 0;
}

/** A table of members, what is wrong with them, and what that means for the cluster. */
export function statusText({ members, cluster }: EtcdStatusAnswer): string {
  const header = ["NAME", "ID", "ROLE", "VERSION", "TERM", "REVISION", "RAFT INDEX", "LAG", "SIZE", "IN USE", "ALARMS"];
  const lines = [textTable(header, members.map(row)), ""];
  for (const { name, id, endpoint, errors } of members) {
    for (const error of errors) lines.push(`${name || id || endpoint}: ${error}`);
  }
  if (lines.at(-1) !== "") lines.push("");
  if (cluster.membersFrom !== "etcd") lines.push("no member tells who the members are: these were the last known");
  lines.push(quorumSentence(cluster));
  const warning = quorumWarning(cluster.voters);
  if (warning !== undefined) lines.push(warning);
  return lines.join("\n");
}

function row(member: MemberStatusAnswer): string[] {
  const { name, id, version, raftTerm, revision, raftIndex, lag, dbSize, dbSizeInUse, alarms } = member;
  const size = (bytes: number | undefined) => (bytes === undefined ? "-" : humanBytes(bytes));
  const number = (value: number | undefined) => (value === undefined ? "-" : String(value));
  return [
    name || "-",
    id || "-",
    role(member),
    version ?? "-",
    number(raftTerm),
    revision ?? "-",
    number(raftIndex),
    number(lag),
    size(dbSize),
    size(dbSizeInUse),
    alarms?.join(",") || "-",
  ];
}

function role({ isLeader, isLearner, reachable, errors }: MemberStatusAnswer): string {
  if (errors.includes("etcdserver: no leader")) return "cut off";
  const part = isLeader ? "leader" : isLearner ? "learner" : "follower";
  return reachable ? part : isLeader || isLearner ? `${part}, unreachable` : "unreachable";
}

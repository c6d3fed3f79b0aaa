import type { AddedMemberAnswer, MemberAnswer, MembersAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../user-error.ts";
import { withGateway } from "./gateway.ts";
import { type Output, print } from "./output.ts";

interface Options {
  readonly kubeconfig: string;
  readonly output: Output;
}

/** `gatehouse etcd members` */
export async function etcdMembers({ kubeconfig, output }: Options): Promise<number> {
  print(await withGateway(kubeconfig, (gateway) => gateway.ask<MembersAnswer>("GET", "members")), output, membersText);
  return 0;
}

/** `gatehouse etcd member-add [NAME]`: tells the cluster, and what the new member must be started with. */
export async function addMember(
  options: Options & {
    readonly args: readonly string[];
    readonly peerUrls: readonly string[];
    readonly learner: boolean;
  },
): Promise<number> {
  const { args, peerUrls, learner } = options;
  if (args.length > 1) throw new UsageError("etcd member-add takes one name at most");
  if (peerUrls.length === 0) throw new UsageError("--peer-urls: is needed: where others reach the new member");
  const body = { peerURLs: peerUrls, isLearner: learner };
  const answer = await withGateway(options.kubeconfig, (gateway) =>
    gateway.ask<AddedMemberAnswer>("POST", "members", body),
  );
  print(answer, options.output, (added) => addedText(added, args[0] ?? "NAME"));
  return 0;
}

/** `gatehouse etcd member-remove NAME` */
export async function removeMember(options: Options & { readonly args: readonly string[] }): Promise<number> {
  const wanted = oneMember(options.args, "etcd member-remove");
  return change(options, "DELETE", `members/${encodeURIComponent(wanted)}`);
}

/** `gatehouse etcd member-promote NAME` */
export async function promoteMember(options: Options & { readonly args: readonly string[] }): Promise<number> {
  const wanted = oneMember(options.args, "etcd member-promote");
  return change(options, "POST", `members/${encodeURIComponent(wanted)}/promote`);
}

async function change({ kubeconfig, output }: Options, method: string, path: string): Promise<number> {
  print(await withGateway(kubeconfig, (gateway) => gateway.ask<MembersAnswer>(method, path)), output, membersText);
  return 0;
}

/** @throws UsageError */
export function oneMember(args: readonly string[], command: string): string {
  const [wanted] = args;
  if (wanted === undefined || args.length > 1) throw new UsageError(`${command} takes one member, by name or ID`);
  return wanted;
}

function membersText({ members, membersFrom }: MembersAnswer): string {
  const rows = members.map(({ id, name, isLearner, peerURLs, clientURLs }) => [
    name || "-",
    id,
    name === "" ? "unstarted" : "started",
    isLearner ? "learner" : "voter",
    peerURLs.join(","),
    clientURLs.join(",") || "-",
  ]);
  const table = textTable(["NAME", "ID", "STATE", "VOTE", "PEER URLS", "CLIENT URLS"], rows);
  return membersFrom === "etcd" ? table : `${table}\n\nno member tells who the members are: these were the last known`;
}

function addedText({ member, members }: AddedMemberAnswer, name: string): string {
  const cluster = members.flatMap((one) => one.peerURLs.map((url) => `${nameIn(one, member, name)}=${url}`));
  return [
    `Member ${member.id} added${member.isLearner ? " as a learner, without a vote until it is promoted" : ""}. Start it with`,
    `  --name=${name}`,
    `  --initial-cluster=${cluster.join(",")}`,
    "  --initial-cluster-state=existing",
    ...(hasMajority(members) ? [] : ["Until it has started there is no majority: nothing can be written."]),
  ].join("\n");
}

function hasMajority(members: readonly MemberAnswer[]): boolean {
  const voters = members.filter(({ isLearner }) => !isLearner);
  return voters.filter(({ name }) => name !== "").length * 2 > voters.length;
}

function nameIn(one: MemberAnswer, added: MemberAnswer, name: string): string {
  return one.id === added.id ? name : one.name;
}

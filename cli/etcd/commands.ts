import { listFlag, optionalFlag, switchFlag } from "../../component-base/flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { credentials, planeFlags } from "../plane-flags.ts";
import { outputFlags, outputOf } from "./output.ts";

const flags = { ...planeFlags, ...outputFlags };

/** `gatehouse etcd …`: what an operator asks of etcd, as requests to the gateway. */
export const etcdCommands: readonly Command[] = [
  defineCommand({
    name: "etcd status",
    summary: "show each member of etcd, who leads, how far behind the others are, and how many may still be lost",
    flags,
    run: async ({ config }) =>
      (await import("./status.ts")).etcdStatus({ kubeconfig: credentials(config), output: outputOf(config) }),
  }),
  defineCommand({
    name: "etcd members",
    summary: "list the members of etcd and where they are reached",
    flags,
    run: async ({ config }) =>
      (await import("./members.ts")).etcdMembers({ kubeconfig: credentials(config), output: outputOf(config) }),
  }),
  defineCommand({
    name: "etcd defrag",
    summary: "give freed space back to the disk, member by member, the leader last",
    details: async () =>
      `A member answers nobody while it does this, so the next one waits until it is well again. While a member is away, only
the one named by --member is defragmented.`,
    flags: {
      ...flags,
      member: optionalFlag({ name: "member", placeholder: "name", help: "only this one" }),
    },
    run: async ({ config }) =>
      (await import("./defrag.ts")).defrag({
        kubeconfig: credentials(config),
        member: config.member,
        output: outputOf(config),
      }),
  }),
  defineCommand({
    name: "etcd compact",
    summary: "forget the history of keys, so that its space can be used again",
    details: async () =>
      "Watches and lists that want an older revision are answered 410 from then on, and their clients list anew.",
    flags: {
      ...flags,
      revision: optionalFlag({
        name: "revision",
        placeholder: "number",
        help: "where history begins then (default now)",
      }),
    },
    run: async ({ config }) =>
      (await import("./compact.ts")).compact({
        kubeconfig: credentials(config),
        revision: config.revision,
        output: outputOf(config),
      }),
  }),
  defineCommand({
    name: "etcd alarm",
    words: "list|disarm",
    summary: "list the alarms of etcd, or disarm them",
    details: async () =>
      `NOSPACE: the database has reached its quota, and writes are refused until the alarm is disarmed. First make room: delete
objects, then etcd compact, etcd defrag, etcd alarm disarm. CORRUPT: members differ; see etcd hash.`,
    flags,
    run: async ({ config, args }) =>
      (await import("./alarm.ts")).alarm({ kubeconfig: credentials(config), args, output: outputOf(config) }),
  }),
  defineCommand({
    name: "etcd hash",
    summary: "say whether all members of etcd hold the same keys and values",
    details: async () => "All are asked about one revision. Exits with 1 when they differ.",
    flags,
    run: async ({ config }) =>
      (await import("./hash.ts")).hash({ kubeconfig: credentials(config), output: outputOf(config) }),
  }),
  defineCommand({
    name: "etcd member-add",
    words: "[NAME]",
    summary: "tell etcd of a new member, which is started afterwards: a single step",
    flags: {
      ...flags,
      peerUrls: listFlag({
        name: "peer-urls",
        placeholder: "url,…",
        default: [],
        help: "where the others reach it",
      }),
      learner: switchFlag({ name: "learner", default: false, help: "without a vote until it is promoted" }),
    },
    run: async ({ config, args }) =>
      (await import("./members.ts")).addMember({
        kubeconfig: credentials(config),
        args,
        peerUrls: config.peerUrls,
        learner: config.learner,
        output: outputOf(config),
      }),
  }),
  defineCommand({
    name: "etcd member-remove",
    words: "NAME",
    summary: "tell etcd that a member, by name or ID, is none any more: a single step",
    flags,
    run: async ({ config, args }) =>
      (await import("./members.ts")).removeMember({ kubeconfig: credentials(config), args, output: outputOf(config) }),
  }),
  defineCommand({
    name: "etcd member-promote",
    words: "NAME",
    summary: "give a learner, by name or ID, a vote: a single step",
    flags,
    run: async ({ config, args }) =>
      (await import("./members.ts")).promoteMember({ kubeconfig: credentials(config), args, output: outputOf(config) }),
  }),
  defineCommand({
    name: "etcd move-leader",
    words: "NAME",
    summary: "have another member of etcd lead",
    flags,
    run: async ({ config, args }) =>
      (await import("./move-leader.ts")).moveLeader({
        kubeconfig: credentials(config),
        args,
        output: outputOf(config),
      }),
  }),
];

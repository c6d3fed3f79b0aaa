import { durationFlag, switchFlag } from "../../component-base/flags.ts";
import { type Command, defineCommand } from "../command.ts";
import { findDataDir } from "../data-dir.ts";
import { credentials, planeFlags } from "../plane-flags.ts";

/** `gatehouse fault …`. */
export const faultCommands: readonly Command[] = [
  defineCommand({
    name: "fault",
    words: "VERB NAMES…",
    summary: "make processes and links fail on purpose, and see what that does to users",
    details: async () =>
      `Processes, by their names (etcd-1, apiserver, scheduler, controller, kubelet-sim, …):
  kill NAME…            SIGKILL; it is started again, with --keep-down only when it is healed
  pause NAME…           SIGSTOP: it is there, but does nothing
  resume NAME…
Links of etcd's members with each other and with the API servers, if the plane runs with \`up --faults\`:
  slow NAME [NAME]      --delay and --jitter: all links of one, or the link of two
  cut NAME [NAME]       nothing arrives; --one-way: only what the first sends to the second is lost
  partition A,B / C,D   who is on one side does not reach the others; a stacked API server goes with its member
The database:
  fill                  writes ConfigMaps into the namespace gatehouse-fill until etcd has no space left
Afterwards:
  heal [NAME]           all, or what is wrong with one
  list                  what is wrong now
  watch                 a line each second: through each API server, are writes accepted, who leads, which revision`,
    flags: {
      ...planeFlags,
      delay: durationFlag({ name: "delay", default: 100, defaultText: "100ms", help: "slow: how late all arrives" }),
      jitter: durationFlag({
        name: "jitter",
        default: 0,
        defaultText: "0s",
        help: "slow: how much more, or less, at random",
      }),
      refuse: switchFlag({
        name: "refuse",
        default: false,
        help: "cut, partition: reset connections, instead of silently losing what they carry",
      }),
      oneWay: switchFlag({ name: "one-way", default: false, help: "cut: lose one direction only" }),
      keepDown: switchFlag({ name: "keep-down", default: false, help: "kill: do not start it again" }),
      clean: switchFlag({ name: "clean", default: false, help: "fill: remove what was filled in" }),
      watch: switchFlag({ name: "watch", default: false, help: "then watch, until Ctrl-C" }),
      for: durationFlag({
        name: "for",
        default: 0,
        defaultText: "until Ctrl-C",
        help: "watch for so long, then heal everything",
      }),
    },
    run: async ({ config, args }) =>
      (await import("./run-fault.ts")).runFault({
        ...config,
        folder: findDataDir(config.dataDir, process.env),
        kubeconfig: () => credentials(config),
        args,
      }),
  }),
];

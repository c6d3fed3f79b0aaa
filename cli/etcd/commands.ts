import type { Command } from "../command.ts";

/** `gatehouse etcd …`: what an operator asks of etcd, as requests to the gateway. */
export const etcdCommands: readonly Command[] = [];

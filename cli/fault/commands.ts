import type { Command } from "../command.ts";

/** `gatehouse fault …`. */
export const faultCommands: readonly Command[] = [];

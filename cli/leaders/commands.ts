import type { Command } from "../command.ts";

/** `gatehouse leaders`. */
export const leaderCommands: readonly Command[] = [];

import type { Command } from "../command.ts";

/** `gatehouse snapshot …` and `gatehouse restore`. */
export const snapshotCommands: readonly Command[] = [];

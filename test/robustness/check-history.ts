import { checkBindings } from "./checks/bindings.ts";
import { checkDurable } from "./checks/durable.ts";
import { checkLinearizable } from "./checks/linearizable.ts";
import { checkReads } from "./checks/reads.ts";
import { checkRevisions } from "./checks/revisions.ts";
import { checkWatches } from "./checks/watches.ts";
import type { History, Violation } from "./history.ts";

/** Every check on one history. */
export function checkHistory(history: History, deps: { readonly nowMs: () => number }): Violation[] {
  return [
    ...history.troubles.map((text) => ({ check: "recovery", text })),
    ...checkDurable(history),
    ...checkRevisions(history),
    ...checkReads(history),
    ...checkWatches(history),
    ...checkBindings(history),
    ...checkLinearizable(history, deps),
  ];
}

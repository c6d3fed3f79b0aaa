import type { Plugin } from "../framework.ts";

/** Higher priority first, then who has waited longer. */
export const prioritySort: Plugin = {
  name: "PrioritySort",
  less(a, b) {
    if (a.info.priority !== b.info.priority) return a.info.priority > b.info.priority;
    if (a.queuedAtMs !== b.queuedAtMs) return a.queuedAtMs < b.queuedAtMs;
    return a.sequence < b.sequence;
  },
};

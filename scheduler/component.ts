import type { Component } from "../component-base/component.ts";
import { schedulerFlags } from "./flags.ts";
import { startScheduler } from "./start.ts";

export const scheduler: Component<typeof schedulerFlags> = {
  name: "scheduler",
  purpose: "gives every Pod without a node the node that suits it best",
  flags: schedulerFlags,
  start: startScheduler,
};

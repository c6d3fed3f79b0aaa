import { runProcess } from "../component-base/run.ts";
import { schedulerFlags } from "./flags.ts";
import { startScheduler } from "./start.ts";

await runProcess({
  component: "scheduler",
  purpose: "gives every Pod without a node the node that suits it best",
  flags: schedulerFlags,
  start: startScheduler,
});

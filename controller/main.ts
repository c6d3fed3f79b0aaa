import { runProcess } from "../component-base/run.ts";
import { controllerFlags } from "./flags.ts";
import { startController } from "./start.ts";

await runProcess({
  component: "controller",
  purpose: "runs the loops that bring the cluster's objects to what they say they should be",
  flags: controllerFlags,
  start: startController,
});

import { runProcess } from "../component-base/run.ts";
import { scheduler } from "./component.ts";

await runProcess(scheduler);

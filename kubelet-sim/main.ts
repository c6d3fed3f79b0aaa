import { runProcess } from "../component-base/run.ts";
import { kubeletSim } from "./component.ts";

await runProcess(kubeletSim);

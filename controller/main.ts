import { runProcess } from "../component-base/run.ts";
import { controller } from "./component.ts";

await runProcess(controller);

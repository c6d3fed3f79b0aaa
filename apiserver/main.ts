import { runProcess } from "../component-base/run.ts";
import { apiserver } from "./component.ts";

await runProcess(apiserver);

import { choiceFlag, integerFlag } from "./flags.ts";

/** The flags that every process has. */
export const logFlags = {
  logFormat: choiceFlag({
    name: "log-format",
    values: ["text", "json"],
    default: "text",
    help: "form of the log lines",
  }),
  verbosity: integerFlag({
    name: "v",
    placeholder: "level",
    default: 0,
    help: "how much is logged: 0 what an operator needs, 4 or more every request",
  }),
};

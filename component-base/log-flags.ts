import type { DestinationStream } from "pino";
import { type ConfigOf, choiceFlag, integerFlag } from "./flags.ts";
import { createLogger, type Logger } from "./logger.ts";
import { textLogLine } from "./text-log.ts";

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

/** A logger as those flags want it. */
export function loggerFor(
  component: string,
  config: ConfigOf<typeof logFlags>,
  destination: DestinationStream = { write: (line) => void process.stderr.write(line) },
): Logger {
  const text = { write: (line: string) => void destination.write(textLogLine(line)) };
  return createLogger({
    component,
    level: config.verbosity >= 4 ? "debug" : "info",
    destination: config.logFormat === "text" ? text : destination,
  });
}

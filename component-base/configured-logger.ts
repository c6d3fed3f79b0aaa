import type { DestinationStream } from "pino";
import type { ConfigOf } from "./flags.ts";
import type { logFlags } from "./log-flags.ts";
import { createLogger, type Logger } from "./logger.ts";
import { textLogLine } from "./text-log.ts";

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

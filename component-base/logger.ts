import { type DestinationStream, pino } from "pino";

/** The names of log fields, the same in every process, so that lines can be joined. */
export interface LogFields {
  component?: string;
  requestId?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  node?: string;
  revision?: string;
  durationMs?: number;
  controller?: string;
  key?: string;
  err?: unknown;
  [field: string]: unknown;
}

/**
 * JSON lines: a constant message with variable fields.
 * `error`: something gave up. `info`: an operator acts or is reassured. `debug`: one line per request or reconcile.
 */
export interface Logger {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
}

export type LogLevel = "error" | "warn" | "info" | "debug" | "silent";

/** A logger that writes to `destination`, default standard error. */
export function createLogger(options: {
  component: string;
  level?: LogLevel;
  destination?: DestinationStream;
}): Logger {
  const settings = {
    level: options.level ?? "info",
    base: { component: options.component },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true }));
}

/** Keeps nothing: for tests, and for parts a user has told to be quiet. */
export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => silentLogger,
};

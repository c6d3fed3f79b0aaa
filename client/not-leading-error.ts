/** A closed set. */
export type NotLeadingCode =
  /** This process has not been elected. */
  | "standby"
  /** It has led, but may not any longer: another may lead by now. */
  | "lost";

/** What a write meets in a process that does not lead. Nothing was sent. */
export class NotLeadingError extends Error {
  readonly code: NotLeadingCode;

  constructor(code: NotLeadingCode) {
    super(code === "lost" ? "leaderelection lost" : "another process leads");
    this.name = "NotLeadingError";
    this.code = code;
  }
}

import { StatusError } from "../api/status.ts";

/** Whether a create was refused because its namespace is going away: nothing to report, nothing to retry. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError &&
  (error.status.details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating");

import { StatusError } from "../api/status.ts";
import { ConnectionError } from "../client/connection-error.ts";

/** Something the user can put right: shown as its message alone, without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** Whether the message alone says what is wrong: the server's own words, no server, no such file, no such flag. */
export function speaksForItself(error: unknown): error is Error {
  if (error instanceof UserError || error instanceof StatusError || error instanceof ConnectionError) return true;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "ENOENT" || code.startsWith("ERR_PARSE_ARGS");
}

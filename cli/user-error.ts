import { StatusError } from "../api/status.ts";
import { ConnectionError } from "../client/connection-error.ts";
import { KubeconfigError } from "../client/kubeconfig.ts";
import { errorCode } from "../component-base/secret-file.ts";
import { RestoreError } from "../etcd/snapshot/restore-error.ts";
import { SnapshotFileError } from "../etcd/snapshot/snapshot-file-error.ts";

/** Something the user can put right: shown as its message alone, without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** A command line that cannot be meant: exit code 2, where other failures have 1. */
export class UsageError extends UserError {}

/** Whether the message alone says what is wrong: the server's own words, no server, no such file, no kubeconfig. */
export function speaksForItself(error: unknown): error is Error {
  if (error instanceof UserError || error instanceof StatusError || error instanceof ConnectionError) return true;
  if (error instanceof KubeconfigError) return true;
  if (error instanceof SnapshotFileError || error instanceof RestoreError) return true;
  return errorCode(error) === "ENOENT";
}

import { failure, StatusError, type StatusReason } from "../../api/status.ts";
import { StorageError } from "../storage/storage.ts";

interface Refusal {
  readonly code: number;
  readonly reason: StatusReason;
  /** In front of etcd's own text. */
  readonly text: string;
}

const conflict = (text: string): Refusal => ({ code: 409, reason: "Conflict", text });

/**
 * etcd's texts, by exact equality, with what they mean to an operator.
 * @see https://github.com/etcd-io/etcd/blob/v3.6.6/api/v3rpc/rpctypes/error.go
 */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  "etcdserver: unhealthy cluster": conflict("the cluster's members are changed only while all of them are well"),
  "etcdserver: re-configuration failed due to not enough started members": conflict(
    "the change would leave fewer started members than a majority",
  ),
  "etcdserver: can only promote a learner member which is in sync with leader": conflict(
    "the learner is still behind the leader; try again when it has caught up",
  ),
  "etcdserver: can only promote a learner member": conflict("the member has a vote already"),
  "etcdserver: too many learner members in cluster": conflict("there is a learner already; promote or remove it first"),
  "etcdserver: member ID already exist": { code: 409, reason: "AlreadyExists", text: "such a member exists" },
  "etcdserver: Peer URLs already exists": {
    code: 409,
    reason: "AlreadyExists",
    text: "a member has one of these peer URLs",
  },
  "etcdserver: member not found": { code: 404, reason: "NotFound", text: "there is no such member" },
  "etcdserver: given member URLs are invalid": { code: 422, reason: "Invalid", text: "etcd refuses the peer URLs" },
  "etcdserver: bad leader transferee": conflict("that member cannot lead"),
  "etcdserver: not leader": conflict("the leader has changed meanwhile; try again"),
  "etcdserver: rpc not supported for learner": conflict("a learner does not do that"),
  "etcdserver: mvcc: required revision has been compacted": {
    code: 410,
    reason: "Expired",
    text: "history was compacted to this revision or beyond already",
  },
  "etcdserver: mvcc: required revision is a future revision": {
    code: 422,
    reason: "Invalid",
    text: "the revision lies in the future",
  },
};

/** Runs a call to etcd; what it throws leaves as a StatusError, etcd's own words included. */
export async function etcdErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asEtcdStatus(error);
  }
}

/** StatusErrors stay, StorageErrors are translated, anything else is handed on to become a logged 500. */
export function asEtcdStatus(error: unknown): unknown {
  if (error instanceof StatusError || !(error instanceof StorageError)) return error;
  const refusal = REFUSALS[error.message];
  if (refusal !== undefined) {
    const { code, reason, text } = refusal;
    return failure({ code, reason, message: `${text}: ${error.message}`, cause: error });
  }
  return unavailable(`etcd did not do it, or did not say so in time: ${error.message}`, error);
}

/** Without Retry-After: operators want to see it at once, and a step that may have been taken must not be repeated blindly. */
export function unavailable(message: string, cause?: unknown): StatusError {
  return failure({ code: 503, reason: "ServiceUnavailable", message, cause });
}

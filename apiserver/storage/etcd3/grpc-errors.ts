import { StorageError, type StorageErrorCode } from "../storage.ts";

/** @see https://github.com/grpc/grpc/blob/v1.60.0/doc/statuscodes.md */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What a call to etcd fails with. */
export class GrpcError extends Error {
  readonly code: number;
  /** etcd's own text. */
  readonly detail: string;
  /** False: the request never left this process, so nothing can have come of it. */
  readonly sent: boolean;

  constructor(code: number, detail: string, options: { sent: boolean; cause?: unknown }) {
    super(`etcd: ${detail} (gRPC code ${code})`, { cause: options.cause });
    this.name = "GrpcError";
    this.code = code;
    this.detail = detail;
    this.sent = options.sent;
  }
}

interface KnownError {
  readonly code: StorageErrorCode;
  /**
   * etcd refused before the request could have an effect, so a write that failed so was not done. The others are from after
   * the proposal: the outcome is open.
   */
  readonly settled: boolean;
  /** The member cannot, but another one may, or the same one in a moment. */
  readonly elsewhere: boolean;
}

const refusal = (code: StorageErrorCode): KnownError => ({ code, settled: true, elsewhere: false });
const notHere: KnownError = { code: "Unavailable", settled: true, elsewhere: true };
const lost: KnownError = { code: "Unavailable", settled: false, elsewhere: true };

const LEASE_GONE = "etcdserver: requested lease not found";

/**
 * etcd's texts, by exact equality.
 * @see https://github.com/etcd-io/etcd/blob/v3.4.23/etcdserver/api/v3rpc/rpctypes/error.go
 * @see https://github.com/etcd-io/etcd/blob/v3.6.0/api/v3rpc/rpctypes/error.go
 */
const ERRORS: Readonly<Record<string, KnownError>> = {
  "etcdserver: mvcc: required revision has been compacted": refusal("Expired"),
  "etcdserver: mvcc: required revision is a future revision": refusal("FutureRevision"),
  "etcdserver: mvcc: database space exceeded": refusal("NoSpace"),
  "etcdserver: request is too large": refusal("TooLarge"),
  "etcdserver: too many requests": refusal("Overloaded"),
  "etcdserver: corrupt cluster": refusal("CorruptCluster"),
  "etcdserver: permission denied": refusal("Refused"),
  "etcdserver: user name is empty": refusal("Refused"),
  "etcdserver: user name not found": refusal("Refused"),
  "etcdserver: invalid auth token": refusal("Refused"),
  "etcdserver: authentication is not enabled": refusal("Refused"),
  "etcdserver: not capable": refusal("Unavailable"),
  [LEASE_GONE]: refusal("Unavailable"),
  "etcdserver: no leader": notHere,
  "etcdserver: not leader": notHere,
  "etcdserver: unhealthy cluster": notHere,
  "etcdserver: rpc not supported for learner": notHere,
  "raft proposal dropped": notHere,
  "etcdserver: server stopped": lost,
  "etcdserver: leader changed": lost,
  "etcdserver: request timed out": lost,
  "etcdserver: request timed out, possibly due to previous leader failure": lost,
  "etcdserver: request timed out, possibly due to connection lost": lost,
  "etcdserver: request timed out, waiting for the applied index took too long": lost,
};

/** True when a write that failed with `error` has certainly had no effect. */
export function writeHadNoEffect(error: GrpcError): boolean {
  if (!error.sent) return true;
  const known = ERRORS[error.detail];
  if (known !== undefined) return known.settled;
  return error.code === GRPC.invalidArgument || error.code === GRPC.resourceExhausted || error.code === GRPC.outOfRange;
}

/** True when a write was refused because the lease named in it has ended or never was. */
export function isLeaseGone(error: unknown): boolean {
  return error instanceof StorageError && error.cause instanceof GrpcError && error.cause.detail === LEASE_GONE;
}

/** True when another member may do what this one could not. */
export function mayGoElsewhere(error: unknown): error is GrpcError {
  if (!(error instanceof GrpcError)) return false;
  const known = ERRORS[error.detail];
  return known === undefined ? error.code === GRPC.unavailable : known.elsewhere;
}

/** A failed call in storage's words. An unknown text counts as `Unavailable`: retrying later is the best advice there is. */
export function toStorageError(error: unknown, storageKey: string): StorageError {
  if (error instanceof StorageError) return error;
  if (!(error instanceof GrpcError)) {
    return new StorageError("Unavailable", storageKey, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  return new StorageError(codeOf(error), storageKey, error.detail, { cause: error });
}

/** Above its own limit etcd's gRPC library refuses first, in a text that ends with the two sizes. */
const REFUSED_BY_SIZE = "grpc: received message larger than max";

function codeOf(error: GrpcError): StorageErrorCode {
  if (error.code === GRPC.resourceExhausted && error.detail.startsWith(REFUSED_BY_SIZE)) return "TooLarge";
  const known = ERRORS[error.detail];
  if (known !== undefined) return known.code;
  return error.code === GRPC.permissionDenied || error.code === GRPC.unauthenticated ? "Refused" : "Unavailable";
}

import { StorageError, type StorageErrorCode } from "../storage.ts";

/** @see https://github.com/grpc/grpc/blob/v1.60.0/doc/statuscodes.md */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
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

/**
 * etcd's texts, by exact equality. `settled`: etcd refused before the request could have an effect, so a write that failed
 * so was not done. The others are from after the proposal: the outcome is open.
 * @see https://github.com/etcd-io/etcd/blob/v3.4.23/etcdserver/api/v3rpc/rpctypes/error.go
 */
const ERRORS: Readonly<Record<string, { readonly code: StorageErrorCode; readonly settled: boolean }>> = {
  "etcdserver: mvcc: required revision has been compacted": { code: "Expired", settled: true },
  "etcdserver: mvcc: required revision is a future revision": { code: "FutureRevision", settled: true },
  "etcdserver: mvcc: database space exceeded": { code: "NoSpace", settled: true },
  "etcdserver: request is too large": { code: "TooLarge", settled: true },
  "etcdserver: too many requests": { code: "Unavailable", settled: true },
  "etcdserver: no leader": { code: "Unavailable", settled: true },
  "etcdserver: not leader": { code: "Unavailable", settled: true },
  "etcdserver: server stopped": { code: "Unavailable", settled: false },
  "etcdserver: leader changed": { code: "Unavailable", settled: false },
  "etcdserver: request timed out": { code: "Unavailable", settled: false },
  "etcdserver: request timed out, possibly due to previous leader failure": { code: "Unavailable", settled: false },
  "etcdserver: request timed out, possibly due to connection lost": { code: "Unavailable", settled: false },
  "etcdserver: request timed out, waiting for the applied index took too long": { code: "Unavailable", settled: false },
  "etcdserver: unhealthy cluster": { code: "Unavailable", settled: true },
  "etcdserver: corrupt cluster": { code: "Corrupt", settled: true },
  "etcdserver: requested lease not found": { code: "Unavailable", settled: true },
};

/** True when a write that failed with `error` has certainly had no effect. */
export function writeHadNoEffect(error: GrpcError): boolean {
  if (!error.sent) return true;
  const known = ERRORS[error.detail];
  if (known !== undefined) return known.settled;
  return error.code === GRPC.invalidArgument || error.code === GRPC.resourceExhausted || error.code === GRPC.outOfRange;
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
  return ERRORS[error.detail]?.code ?? "Unavailable";
}

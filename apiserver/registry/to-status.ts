import type { ResourceRef, StatusError } from "../../api/status.ts";
import {
  alreadyExists,
  expired,
  failure,
  notFound,
  requestEntityTooLarge,
  StatusError as StatusErrorClass,
  serviceUnavailable,
  staleObject,
  timeout,
} from "../../api/status.ts";
import { StorageError } from "../storage/storage.ts";

export interface ObjectRef {
  readonly ref: ResourceRef;
  readonly name: string;
  /** The name was made up for this request: another one gets another. */
  readonly nameIsGenerated?: boolean;
}

/** The one translation of storage's words into the API's. A new code does not compile until it has an answer here. */
export function toStatus(error: StorageError, { ref, name, nameIsGenerated = false }: ObjectRef): StatusError {
  switch (error.code) {
    case "NotFound":
      return notFound(ref, name);
    case "Exists":
      return alreadyExists(ref, name);
    case "Conflict":
      return staleObject(ref, name);
    case "Expired":
      return expired("The resourceVersion for the provided list is too old.");
    case "FutureRevision":
      return futureRevision(error);
    case "TooLarge":
      return requestEntityTooLarge("etcdserver: request is too large");
    case "NoSpace":
      return failure({ code: 507, reason: "InsufficientStorage", message: noSpaceMessage, cause: error });
    case "Overloaded":
      return failure({
        code: 429,
        reason: "TooManyRequests",
        message: "etcdserver: too many requests",
        details: { retryAfterSeconds: 1 },
        cause: error,
      });
    case "Unavailable":
      return serviceUnavailable(`storage is unavailable: ${error.message}`, 1, error);
    case "Unknown":
      return outcomeUnknown(error, nameIsGenerated);
    case "CorruptCluster":
      return failure({ code: 503, reason: "ServiceUnavailable", message: corruptMessage, cause: error });
    case "Refused":
      return failure({
        code: 500,
        reason: "InternalError",
        message: `Internal error occurred: etcd refuses the gateway: ${error.message}`,
        cause: error,
      });
    case "Corrupt":
      return failure({
        code: 500,
        reason: "InternalError",
        message: "Internal error occurred: the stored object cannot be read",
        cause: error,
      });
  }
}

/** Nothing gets better by trying again, so neither this nor a corrupt cluster comes with a Retry-After. */
const noSpaceMessage =
  "etcdserver: mvcc: database space exceeded: etcd has used up its quota and takes nothing new until it has been " +
  "compacted and defragmented and the alarm disarmed (gatehouse etcd compact, etcd defrag, etcd alarm disarm)";
const corruptMessage =
  "etcdserver: corrupt cluster: the members of etcd do not hold the same data; find the wrong one (gatehouse etcd hash), " +
  "replace it, and disarm the alarm (gatehouse etcd alarm disarm)";

/** Whether what was written may be there in spite of the error, or appear yet. */
export function isOutcomeUnknown(error: unknown): boolean {
  const origin = error instanceof StatusErrorClass ? error.cause : error;
  return origin instanceof StorageError && origin.code === "Unknown";
}

/**
 * The write may have been done, may be done yet, or never: the client has to look. Clients repeat what comes with a
 * Retry-After, so there is none where a second try makes a second object.
 */
function outcomeUnknown(error: StorageError, nameIsGenerated: boolean): StatusError {
  const details = nameIsGenerated ? {} : { retryAfterSeconds: 1 };
  return timeout(`the outcome of the write is unknown: ${error.message}`, details, error);
}

/** 504 with the cause that clients match to list again without a resourceVersion. */
function futureRevision(error: StorageError): StatusError {
  const wanted = /\d+/.exec(error.message)?.[0] ?? "";
  return tooLargeResourceVersion(wanted, error.currentRevision ?? 0n, error);
}

/** The resourceVersion asked for lies in the future. */
export function tooLargeResourceVersion(wanted: string, current: bigint, cause?: unknown): StatusError {
  return timeout(
    `Too large resource version: ${wanted}, current: ${current}`,
    { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 },
    cause,
  );
}

/** Runs a storage call; what it throws leaves as a StatusError about `object`. */
export async function statusErrors<T>(object: ObjectRef, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asStatusError(error, object);
  }
}

/** StatusErrors stay, StorageErrors are translated, anything else is handed on to become a logged 500. */
export function asStatusError(error: unknown, object: ObjectRef): unknown {
  if (error instanceof StatusErrorClass) return error;
  if (error instanceof StorageError) return toStatus(error, object);
  return error;
}

import type { FieldError } from "./field-errors.ts";
import { fieldErrorMessage } from "./field-errors.ts";

export type StatusReason =
  | ""
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "AlreadyExists"
  | "Conflict"
  | "Expired"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "Invalid"
  | "TooManyRequests"
  | "InternalError"
  | "ServerTimeout"
  | "ServiceUnavailable"
  | "Timeout"
  /** Not Kubernetes's: etcd has no room left. */
  | "InsufficientStorage";

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** metav1.Status as it is on the wire. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string };
  status: "Success" | "Failure";
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code?: number;
}

/** The one error that users see: it wraps the Kubernetes `Status` they get. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status, options?: { cause?: unknown }) {
    super(status.message, options);
    this.name = "StatusError";
    this.status = status;
  }

  get reason(): StatusReason {
    return this.status.reason ?? "";
  }

  get code(): number {
    return this.status.code ?? 500;
  }
}

/** A resource as errors name it: `plural` alone for the core group, else `plural.group`. */
export interface ResourceRef {
  readonly group: string;
  /** The plural, e.g. `pods`. */
  readonly resource: string;
}

export interface KindRef {
  readonly group: string;
  readonly kind: string;
}

const qualified = (name: string, group: string) => (group === "" ? name : `${name}.${group}`);

interface FailureOptions {
  code: number;
  reason: StatusReason;
  message: string;
  details?: StatusDetails;
  cause?: unknown;
}

/** A failure Status of any shape; the named constructors below cover the usual ones. */
export function failure(options: FailureOptions): StatusError {
  const { code, reason, message, details, cause } = options;
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message };
  if (reason !== "") status.reason = reason;
  if (details !== undefined) status.details = details;
  status.code = code;
  return new StatusError(status, { cause });
}

function resourceDetails(ref: ResourceRef, name: string, more: Partial<StatusDetails> = {}): StatusDetails {
  return {
    ...(name !== "" && { name }),
    ...(ref.group !== "" && { group: ref.group }),
    ...(ref.resource !== "" && { kind: ref.resource }),
    ...more,
  };
}

export const badRequest = (message: string) => failure({ code: 400, reason: "BadRequest", message });

export const unauthorized = () => failure({ code: 401, reason: "Unauthorized", message: "Unauthorized" });

export function forbidden(ref: ResourceRef, name: string, text: string, causes?: StatusCause[]): StatusError {
  const resource = qualified(ref.resource, ref.group);
  const message = name === "" ? `${resource} is forbidden: ${text}` : `${resource} "${name}" is forbidden: ${text}`;
  const details = resourceDetails(ref, name, causes === undefined ? {} : { causes });
  return failure({ code: 403, reason: "Forbidden", message, details });
}

export const notFound = (ref: ResourceRef, name: string) =>
  failure({
    code: 404,
    reason: "NotFound",
    message: `${qualified(ref.resource, ref.group)} "${name}" not found`,
    details: resourceDetails(ref, name),
  });

/** 404 of the router: the path names nothing that is served. */
export const pathNotFound = () =>
  failure({
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
    details: {},
  });

/** 405 of the router. */
export const methodNotAllowed = () =>
  failure({
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  });

export const alreadyExists = (ref: ResourceRef, name: string) =>
  failure({
    code: 409,
    reason: "AlreadyExists",
    message: `${qualified(ref.resource, ref.group)} "${name}" already exists`,
    details: resourceDetails(ref, name),
  });

export const conflict = (ref: ResourceRef, name: string, text: string) =>
  failure({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${qualified(ref.resource, ref.group)} "${name}": ${text}`,
    details: resourceDetails(ref, name),
  });

/** The text of every lost optimistic-lock race. */
export const staleObject = (ref: ResourceRef, name: string) =>
  conflict(ref, name, "the object has been modified; please apply your changes to the latest version and try again");

/** 422 with one cause per field error; `errors` must not be empty. */
export function invalid(ref: KindRef, name: string, errors: readonly FieldError[]): StatusError {
  const messages = [...new Set(errors.map((error) => `${error.field}: ${fieldErrorMessage(error)}`))];
  const text = messages.length === 1 ? messages[0] : `[${messages.join(", ")}]`;
  return failure({
    code: 422,
    reason: "Invalid",
    message: `${qualified(ref.kind, ref.group)} "${name}" is invalid: ${text}`,
    details: {
      ...(name !== "" && { name }),
      ...(ref.group !== "" && { group: ref.group }),
      ...(ref.kind !== "" && { kind: ref.kind }),
      causes: errors.map((error) => ({
        reason: error.type,
        message: fieldErrorMessage(error),
        ...(error.field !== "" && { field: error.field }),
      })),
    },
  });
}

/** 410: the client must list again. `continueToken` lets it go on, inconsistently, from where it was. */
export function expired(message: string, continueToken?: string): StatusError {
  const error = failure({ code: 410, reason: "Expired", message });
  if (continueToken !== undefined) error.status.metadata.continue = continueToken;
  return error;
}

export const requestEntityTooLarge = (text: string) =>
  failure({ code: 413, reason: "RequestEntityTooLarge", message: `Request entity too large: ${text}` });

export const serviceUnavailable = (message: string, retryAfterSeconds: number, cause?: unknown) =>
  failure({ code: 503, reason: "ServiceUnavailable", message, details: { retryAfterSeconds }, cause });

export const timeout = (text: string, details: StatusDetails, cause?: unknown) =>
  failure({ code: 504, reason: "Timeout", message: `Timeout: ${text}`, details, cause });

/** The Status of a deletion that left nothing behind. */
export function deletedStatus(ref: ResourceRef, name: string, uid: string): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(ref.group !== "" && { group: ref.group }), kind: ref.resource, uid },
  };
}

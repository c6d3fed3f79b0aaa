/** Why no answer came: a closed set, so that callers can decide whether to wait, to list again or to read back. */
export type ConnectionErrorCode =
  /** Nothing listens there; the request was not sent. */
  | "refused"
  /** The name does not resolve, the host cannot be reached, or the handshake took too long; the request was not sent. */
  | "unreachable"
  /** The TLS handshake failed; the request was not sent. */
  | "tls"
  /** The connection broke after the request may have been sent: its outcome is unknown. */
  | "reset"
  /** No answer in time: its outcome is unknown. */
  | "timeout"
  /** The client has been closed. */
  | "closed";

/** The server could not be reached, or did not answer. */
export class ConnectionError extends Error {
  readonly code: ConnectionErrorCode;

  constructor(code: ConnectionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ConnectionError";
    this.code = code;
  }

  /** Whether the server can have seen the request. A write that was not sent may be repeated blindly. */
  get maybeSent(): boolean {
    return this.code === "reset" || this.code === "timeout";
  }
}

const codes: Readonly<Record<string, ConnectionErrorCode>> = {
  ECONNREFUSED: "refused",
  ENOENT: "refused",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  UND_ERR_CONNECT_TIMEOUT: "unreachable",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  ETIMEDOUT: "timeout",
  UND_ERR_CLOSED: "closed",
  UND_ERR_DESTROYED: "closed",
};

/** Translates whatever the HTTP client threw. Certificates' complaints and OpenSSL's are `tls`, the unforeseen is `reset`. */
export function toConnectionError(error: unknown, what: string): ConnectionError {
  const code = errorCode(error);
  const known = codes[code];
  const message = error instanceof Error ? error.message : String(error);
  const translated =
    known ?? (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(code) ? "tls" : "reset");
  return new ConnectionError(translated, `${what}: ${message}`, { cause: error });
}

function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

import { stringify } from "yaml";
import { failure, type Status, StatusError, timeout } from "../../api/status.ts";
import type { Logger } from "../../component-base/logger.ts";
import { wantsPretty } from "./encode/object.ts";
import { respondNow } from "./encode/respond.ts";
import { clientGone, deadlinePassed, type Exchange, shuttingDown } from "./exchange.ts";
import { isRead } from "./limit.ts";

/**
 * The one place where what was thrown becomes an answer: a StatusError its Status, the end of a request's time a 504,
 * anything else a logged 500 that tells nothing of the inside.
 */
export function sendError(exchange: Exchange, error: unknown, log: Logger): void {
  if (error === clientGone || exchange.abortReason === clientGone) return;
  const known = asStatusError(exchange, error);
  if (known === undefined) {
    const { requestId, info } = exchange;
    log.error({ requestId, path: info.path, verb: info.verb, err: error }, "request failed unexpectedly");
  } else if (known.code >= 500) {
    const { requestId, info } = exchange;
    const fields = { requestId, path: info.path, verb: info.verb, err: known };
    // While etcd does not serve, storage says so once, not every request anew.
    if (known.status.details?.retryAfterSeconds !== undefined) log.debug(fields, "request put off");
    else log.warn(fields, "request failed");
  }
  if (exchange.response.headersSent) {
    // The answer has begun and cannot be taken back: cutting it is the only way to say that it is not whole.
    if (!exchange.response.writableEnded) exchange.response.destroy();
    return;
  }
  sendStatus(exchange, (known ?? unforeseen()).status);
}

function asStatusError(exchange: Exchange, error: unknown): StatusError | undefined {
  const reason = exchange.abortReason;
  if (error === deadlinePassed || reason === deadlinePassed) return tooLate(exchange);
  if (error === shuttingDown || reason === shuttingDown) return unavailable();
  return error instanceof StatusError ? error : undefined;
}

/** A write that was given up may have been done, or be done yet; a second try of a creation may make a second object. */
function tooLate({ info }: Exchange): StatusError {
  const { message } = deadlinePassed;
  const details = info.verb === "create" ? {} : { retryAfterSeconds: 1 };
  return timeout(isRead(info) ? message : `${message}: the outcome of the write is unknown`, details);
}

const unavailable = () =>
  failure({
    code: 503,
    reason: "ServiceUnavailable",
    message: shuttingDown.message,
    details: { retryAfterSeconds: 1 },
  });

const unforeseen = () =>
  failure({ code: 500, reason: "InternalError", message: "Internal error occurred: the request could not be served" });

/** Sends a Status with the HTTP status that is its code. */
function sendStatus(exchange: Exchange, status: Status): void {
  const code = status.code ?? 200;
  const headers: string[] = [];
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) headers.push("Retry-After", String(retryAfter));
  if (code === 413) headers.push("Connection", "close");
  const yaml = exchange.accept[0]?.type === "application/yaml";
  const pretty = wantsPretty(exchange);
  const text = yaml ? stringify(status, { sortMapEntries: true }) : JSON.stringify(status, null, pretty ? 2 : 0);
  respondNow(exchange, {
    code,
    contentType: yaml ? "application/yaml" : "application/json",
    body: Buffer.from(text),
    newline: !yaml && !pretty,
    headers,
  });
}

/** The text that paths outside of every API get. */
export function sendNotFoundText(exchange: Exchange): void {
  sendText(exchange, 404, "404 page not found\n");
}

export function sendText(exchange: Exchange, code: number, text: string, headers: readonly string[] = []): void {
  respondNow(exchange, {
    code,
    contentType: "text/plain; charset=utf-8",
    body: Buffer.from(text),
    headers: ["X-Content-Type-Options", "nosniff", ...headers],
  });
}

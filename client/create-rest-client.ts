import type { ObjectKey } from "../api/meta.ts";
import { keyOf } from "../api/meta.ts";
import type { StatusReason } from "../api/status.ts";
import { failure, type Status, StatusError } from "../api/status.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import type { ClientConfig } from "./kubeconfig.ts";
import { collectionPath, objectPath, queryString } from "./resource-path.ts";
import type { CallOptions, ClientPatch, DeleteCallOptions, RestClient } from "./rest-client.ts";
import { createTransport, type HttpResponse, type Transport } from "./transport.ts";
import { watchEvents } from "./watch-stream.ts";

export interface RestClientConfig extends ClientConfig {
  /** `kube-scheduler/v1.36.0 (linux/amd64) gatehouse`, say. */
  readonly userAgent: string;
  /** Calls in flight at once. Default 16. */
  readonly connections?: number;
  /** Gets, lists and watches bring only the metadata of objects. Default false. */
  readonly metadataOnly?: boolean;
}

export interface RestClientDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Connections to share with other clients of the same certificate; whoever made it closes it. Default: its own. */
  readonly transport?: Transport;
  /**
   * Called when all that is left to do is to write a request that may change something: what it throws is thrown to the
   * caller, and not a byte is sent. The fence of a leader that may have been paused, say.
   */
  readonly beforeWrite?: () => void;
}

const patchTypes: Readonly<Record<ClientPatch["type"], string>> = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
};

const partialMetadata = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;

const maxRetries = 10;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  readonly options: CallOptions;
}

/** A {@link RestClient} over HTTP/1.1 and TLS. It opens no connection until the first call. */
export function createRestClient(config: RestClientConfig, deps: RestClientDeps): RestClient {
  const { clock, log } = deps;
  const transport =
    deps.transport ??
    createTransport(config, config.connections === undefined ? {} : { connections: config.connections });
  const baseHeaders: Record<string, string> = {
    accept: "application/json",
    "user-agent": config.userAgent,
    ...(config.token !== undefined && { authorization: `Bearer ${config.token}` }),
  };

  function headersOf(call: Call): Record<string, string> {
    const { seenRevision } = call.options;
    if (call.body === undefined && seenRevision === undefined && call.accept === undefined) return baseHeaders;
    const headers = { ...baseHeaders };
    if (call.accept !== undefined) headers["accept"] = call.accept;
    if (call.body !== undefined) headers["content-type"] = call.contentType ?? "application/json";
    if (seenRevision !== undefined && seenRevision !== "") headers["gatehouse-seen-revision"] = seenRevision;
    return headers;
  }

  async function send(call: Call): Promise<HttpResponse> {
    const { signal } = call.options;
    const request = {
      method: call.method,
      path: call.path,
      headers: headersOf(call),
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      ...(deps.beforeWrite !== undefined && call.method !== "GET" && { beforeSend: deps.beforeWrite }),
      signal,
    };
    for (let attempt = 0; ; attempt++) {
      const response = await transport.request(request);
      const { statusCode, retryAfterSeconds } = response;
      const asksForIt = (statusCode === 429 || statusCode >= 500) && retryAfterSeconds !== undefined;
      // A write that was answered with 504 may have been done.
      const mayRetry = asksForIt && (statusCode !== 504 || call.method === "GET");
      if (!mayRetry || attempt === maxRetries) return response;
      log.debug({ path: call.path, statusCode, retryAfterSeconds }, "the server asks to try again later");
      await clock.sleep(retryAfterSeconds * 1000, { signal });
    }
  }

  async function json<T>(call: Call): Promise<T> {
    const response = await send(call);
    if (response.statusCode >= 400) throw statusErrorOf(response.statusCode, response.body);
    return JSON.parse(response.body.toString("utf8")) as T;
  }

  const acceptObject = config.metadataOnly === true ? { accept: partialMetadata("PartialObjectMetadata") } : {};
  const acceptList = config.metadataOnly === true ? { accept: partialMetadata("PartialObjectMetadataList") } : {};

  return {
    get: (kind, key, options) => json({ method: "GET", path: objectPath(kind, key), ...acceptObject, options }),

    list(kind, options) {
      const { limit, continue: token, labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = options;
      const query = queryString({
        limit,
        continue: token,
        labelSelector,
        fieldSelector,
        resourceVersion,
        resourceVersionMatch,
      });
      return json({ method: "GET", path: collectionPath(kind, options.namespace) + query, ...acceptList, options });
    },

    async *watch(kind, options) {
      const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = options;
      const { sendInitialEvents, allowWatchBookmarks, timeoutSeconds } = options;
      const query = queryString({
        watch: true,
        labelSelector,
        fieldSelector,
        resourceVersion,
        resourceVersionMatch,
        sendInitialEvents,
        allowWatchBookmarks,
        timeoutSeconds,
      });
      const path = collectionPath(kind, options.namespace) + query;
      const { signal } = options;
      const headers = { ...baseHeaders, ...acceptObject };
      const stream = await transport.stream({ method: "GET", path, headers, signal });
      if (stream.statusCode >= 400) throw statusErrorOf(stream.statusCode, await readAll(stream.body));
      yield* watchEvents(stream.body);
    },

    create(kind, object, options) {
      const namespace = options.namespace ?? object.metadata?.namespace;
      return json({ method: "POST", path: collectionPath(kind, namespace), body: object, options });
    },

    createSubresource: (kind, key, subresource, body, options) =>
      json({ method: "POST", path: objectPath(kind, key, subresource), body, options }),

    update: (kind, object, options) =>
      json({ method: "PUT", path: objectPath(kind, keyOf(object), options.subresource), body: object, options }),

    patch: (kind, key, patch, options) =>
      json({
        method: "PATCH",
        path: objectPath(kind, key, options.subresource),
        body: patch.body,
        contentType: patchTypes[patch.type],
        options,
      }),

    delete: (kind, key: ObjectKey, options) =>
      json({ method: "DELETE", path: objectPath(kind, key), body: deleteOptions(options), options }),

    async deleteCollection(kind, options) {
      const { labelSelector, fieldSelector, limit, resourceVersion, namespace } = options;
      const path =
        collectionPath(kind, namespace) + queryString({ labelSelector, fieldSelector, limit, resourceVersion });
      await json({ method: "DELETE", path, body: deleteOptions(options), options });
    },

    async raw(method, path, options) {
      const { body } = options;
      const response = await send({ method, path, ...(body !== undefined && { body }), options });
      if (response.statusCode >= 400) throw statusErrorOf(response.statusCode, response.body);
      const text = response.body.toString("utf8");
      return parseIfJson(text);
    },

    async close() {
      if (deps.transport === undefined) await transport.close();
    },
  };
}

function deleteOptions(options: DeleteCallOptions): Record<string, unknown> {
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options;
  return {
    kind: "DeleteOptions",
    apiVersion: "v1",
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(preconditions !== undefined && { preconditions }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
  };
}

/** What the server said, or the nearest Status to it when it said something else. */
function statusErrorOf(code: number, body: Buffer): StatusError {
  const text = body.toString("utf8");
  const answer = parseIfJson(text);
  if (isStatus(answer)) return new StatusError(answer);
  const reasons: Readonly<Record<number, StatusReason>> = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    504: "Timeout",
  };
  const message = `the server answered ${code}: ${text.slice(0, 1024)}`;
  return failure({ code, reason: reasons[code] ?? (code >= 500 ? "InternalError" : ""), message });
}

function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

async function readAll(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

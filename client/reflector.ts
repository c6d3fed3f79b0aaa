import type { Kind } from "../api/kind.ts";
import type { ApiObject } from "../api/meta.ts";
import { StatusError } from "../api/status.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { ConnectionError } from "./connection-error.ts";
import { JitteredBackoff, type JitteredBackoffOptions } from "./jittered-backoff.ts";
import type { RestClient, WatchStreamEvent } from "./rest-client.ts";

/** Where a reflector puts what it learns. */
export interface ReflectorSink<T> {
  /** The whole state at `revision`; whatever is not in it is gone. */
  replace(items: readonly T[], revision: string): void;
  apply(change: "ADDED" | "MODIFIED" | "DELETED", object: T): void;
  /** Everything up to this revision has been handed over. */
  reached(revision: string): void;
}

export interface ReflectorOptions<T extends ApiObject> {
  readonly kind: Kind<T>;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Ask for the first state as a stream. Default true; a server that refuses is listed instead. */
  readonly watchList?: boolean;
  /** Default 0.8 s doubling to 30 s, up to as much again at random, starting over after 2 minutes of peace. */
  readonly backoff?: JitteredBackoffOptions;
}

export interface ReflectorDeps<T> {
  readonly client: Pick<RestClient, "list" | "watch">;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: (() => number) | undefined;
}

const defaultBackoff: JitteredBackoffOptions = {
  initialMs: 800,
  factor: 2,
  maxMs: 30_000,
  jitter: 1,
  resetAfterMs: 120_000,
};
const pageSize = 500;
const initialEventsEnd = "k8s.io/initial-events-end";
const veryShortWatchMs = 1_000;

/** What to do once a watch is over. */
type Next = "watch" | "watch-later" | "list" | "list-later";

/**
 * Keeps a sink equal to what the server has: the state first, then every change, and the state anew whenever the changes
 * are no longer to be had. The first state is a consistent one, so that a loop which has just become leader cannot act on
 * less than its predecessor knew.
 * @see k8s.io/client-go v0.36.0 tools/cache/reflector.go
 */
export class Reflector<T extends ApiObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #deps: ReflectorDeps<T>;
  readonly #backoff: JitteredBackoff;
  readonly #random: () => number;
  /** `""` until the first state, and after the server has said that ours is too old or unknown to it. */
  #lastSeen = "";
  #useWatchList: boolean;

  constructor(options: ReflectorOptions<T>, deps: ReflectorDeps<T>) {
    this.#options = options;
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    this.#backoff = new JitteredBackoff(options.backoff ?? defaultBackoff, deps);
    this.#useWatchList = options.watchList ?? true;
  }

  /** Returns when the signal is aborted, and only then. */
  async run(options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    let next: Next = "list";
    while (!signal.aborted) {
      try {
        if (next === "list-later" || next === "watch-later") {
          await this.#deps.clock.sleep(this.#backoff.nextDelayMs(), { signal });
        }
        const startsWithState: boolean = next === "list" || next === "list-later";
        next = startsWithState ? await this.#stateThenWatch(signal) : await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        next = this.#afterFailure(error, next);
      }
    }
  }

  async #stateThenWatch(signal: AbortSignal): Promise<Next> {
    // Tried anew each time: a server may have been upgraded since it refused.
    if (this.#useWatchList) {
      try {
        return await this.#watchList(signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof InitialStreamRefused)) throw error;
        this.#deps.log.debug({ kind: this.#options.kind.kind, err: error.cause }, "no streaming list; listing instead");
      }
    }
    await this.#list(signal);
    return await this.#watch(signal);
  }

  /** One stream that begins with the whole state, as ADDED events up to a marked bookmark. */
  async #watchList(signal: AbortSignal): Promise<Next> {
    const initial: T[] = [];
    let complete = false;
    try {
      return await this.#consume(
        {
          ...(this.#lastSeen !== "" && { resourceVersion: this.#lastSeen }),
          resourceVersionMatch: "NotOlderThan",
          sendInitialEvents: true,
        },
        signal,
        (event) => {
          if (complete) return false;
          if (event.type !== "BOOKMARK") {
            initial.push(event.object);
          } else if (event.object.metadata?.annotations?.[initialEventsEnd] === "true") {
            complete = true;
            this.#replace(initial, revisionOf(event.object));
            initial.length = 0;
          }
          return true;
        },
        () => complete,
      );
    } catch (error) {
      if (complete || signal.aborted || error instanceof ConnectionError || isExpired(error) || isThrottled(error)) {
        throw error;
      }
      throw new InitialStreamRefused(error);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { kind, namespace, labelSelector, fieldSelector } = this.#options;
    const atRevision = this.#lastSeen;
    const items: T[] = [];
    let token: string | undefined;
    let revision = "";
    do {
      const page = await this.#deps.client.list(kind, {
        signal,
        ...(namespace !== undefined && { namespace }),
        ...(labelSelector !== undefined && { labelSelector }),
        ...(fieldSelector !== undefined && { fieldSelector }),
        ...(token === undefined && atRevision !== "" && { resourceVersion: atRevision }),
        // With a revision the server may answer from its cache, but only if no page size is asked for.
        ...(token !== undefined ? { limit: pageSize, continue: token } : atRevision === "" && { limit: pageSize }),
      });
      for (const item of page.items) items.push(item);
      revision = page.metadata?.resourceVersion ?? "";
      token = page.metadata?.continue;
    } while (token !== undefined && token !== "");
    this.#replace(items, revision);
  }

  #watch(signal: AbortSignal): Promise<Next> {
    return this.#consume(
      { resourceVersion: this.#lastSeen },
      signal,
      () => false,
      () => true,
    );
  }

  /** Reads one watch to its end. `intercept` says whether it has dealt with the event itself. */
  async #consume(
    parameters: { resourceVersion?: string; resourceVersionMatch?: "NotOlderThan"; sendInitialEvents?: boolean },
    signal: AbortSignal,
    intercept: (event: WatchStreamEvent<T>) => boolean,
    hasState: () => boolean,
  ): Promise<Next> {
    const { kind, namespace, labelSelector, fieldSelector } = this.#options;
    const { clock, sink, log } = this.#deps;
    const startedMs = clock.monotonicMs();
    let events = 0;
    const stream = this.#deps.client.watch(kind, {
      signal,
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
      ...parameters,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.floor(300 * (1 + this.#random())),
    });
    for await (const event of stream) {
      events++;
      if (intercept(event)) continue;
      const { type, object } = event;
      const isOfKind =
        object.kind === undefined || object.kind === kind.kind || object.kind === "PartialObjectMetadata";
      if (!isOfKind) {
        log.error({ kind: kind.kind, got: object.kind }, "an event of another kind has been skipped");
        continue;
      }
      const revision = revisionOf(object);
      if (type !== "BOOKMARK") sink.apply(type, object);
      this.#lastSeen = revision;
      sink.reached(revision);
    }
    if (!hasState()) return "list-later";
    if (events === 0 && clock.monotonicMs() - startedMs < veryShortWatchMs) {
      log.warn({ kind: kind.kind }, "very short watch: the server ended it at once, without an event");
      return "list-later";
    }
    return "watch";
  }

  #replace(items: readonly T[], revision: string): void {
    this.#lastSeen = revision;
    this.#deps.sink.replace(items, revision);
    this.#deps.sink.reached(revision);
  }

  #afterFailure(error: unknown, during: Next): Next {
    const { log } = this.#deps;
    const kind = this.#options.kind.kind;
    if (isExpired(error)) {
      const wasRetry = this.#lastSeen === "";
      this.#lastSeen = "";
      log.debug({ kind, err: error }, "our revision is gone or not yet known; reading the state anew");
      return wasRetry ? "list-later" : "list";
    }
    const hasState = during === "watch" || during === "watch-later" || this.#lastSeen !== "";
    const unreachable = error instanceof ConnectionError && (error.code === "refused" || error.code === "reset");
    if (unreachable || isThrottled(error)) {
      log.debug({ kind, err: error }, "the server is not there; trying again later");
      return hasState ? "watch-later" : "list-later";
    }
    log.warn({ kind, err: error }, "watching failed; reading the state anew later");
    return "list-later";
  }
}

class InitialStreamRefused extends Error {
  constructor(cause: unknown) {
    super("the server refused a streaming list", { cause });
    this.name = "InitialStreamRefused";
  }
}

const revisionOf = (object: ApiObject) => object.metadata?.resourceVersion ?? "";

const isThrottled = (error: unknown) => error instanceof StatusError && error.code === 429;

/** 410, or a revision that this server has not reached: either way ours is of no use to it. */
function isExpired(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  if (error.code === 410 || error.reason === "Expired") return true;
  return error.status.details?.causes?.some((cause) => cause.reason === "ResourceVersionTooLarge") ?? false;
}

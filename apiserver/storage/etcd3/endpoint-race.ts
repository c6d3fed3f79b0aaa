import type { Clock } from "../../../component-base/clock.ts";
import { EtcdSession, type SessionOptions } from "./etcd-session.ts";
import { encodeRange } from "./kv-messages.ts";

/** A linearizable read of nothing: whoever answers it has a leader and a majority, and has applied what they agreed on. */
export const SERVING_PROBE = {
  path: "/etcdserverpb.KV/Range",
  request: encodeRange({ key: "health", countOnly: true }),
};
const PROBE_TIMEOUT_MS = 2_000;
/** Pauses between two probes of one endpoint, the longer the longer nobody serves. */
const PAUSES = [
  { untilMs: 3_000, pauseMs: 40 },
  { untilMs: 10_000, pauseMs: 100 },
  { untilMs: Number.POSITIVE_INFINITY, pauseMs: 250 },
];

/** One endpoint and the connection to it, if there is one. */
export class EndpointLink {
  readonly endpoint: string;
  readonly #options: SessionOptions;
  #session: EtcdSession | undefined;

  constructor(endpoint: string, options: SessionOptions) {
    this.endpoint = endpoint;
    this.#options = options;
  }

  /** @throws Error */
  async connected(signal: AbortSignal): Promise<EtcdSession> {
    if (this.#session?.usable) return this.#session;
    const session = await EtcdSession.connect(this.endpoint, this.#options);
    if (signal.aborted) {
      session.close();
      signal.throwIfAborted();
    }
    this.#session = session;
    return session;
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }
}

/**
 * Asks all endpoints at the same time, again and again, until one serves; the first one wins.
 * @param onFailure - told of every attempt that failed
 * @throws signal.reason
 */
export function firstServing(
  links: readonly EndpointLink[],
  options: { clock: Clock; signal: AbortSignal; onFailure: (endpoint: string, error: unknown) => void },
): Promise<EtcdSession> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  return new Promise((resolve, reject) => {
    for (const link of links) {
      untilServing(link, { ...options, signal }).then(
        (session) => {
          resolve(session);
          over.abort(new Error("another endpoint was quicker"));
        },
        // Only after the race: won by another endpoint, or called off.
        reject,
      );
    }
  });
}

async function untilServing(
  link: EndpointLink,
  options: { clock: Clock; signal: AbortSignal; onFailure: (endpoint: string, error: unknown) => void },
): Promise<EtcdSession> {
  const { clock, signal, onFailure } = options;
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      const session = await link.connected(signal);
      await session.unary(SERVING_PROBE.path, SERVING_PROBE.request, { timeoutMs: PROBE_TIMEOUT_MS, signal });
      return session;
    } catch (error) {
      signal.throwIfAborted();
      onFailure(link.endpoint, error);
    }
    const elapsedMs = clock.monotonicMs() - startedMs;
    const pauseMs = PAUSES.find(({ untilMs }) => elapsedMs < untilMs)?.pauseMs ?? 0;
    await clock.sleep(pauseMs, { signal });
  }
}

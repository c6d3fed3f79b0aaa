import type { ObjectReference } from "../api/generated/types.ts";
import type { Clock } from "../component-base/clock.ts";
import type { RecordedEvent } from "./event-recorder.ts";
import { LruMap } from "./lru-map.ts";

/** An event that is worth writing. */
export interface Correlated {
  readonly message: string;
  /** What to remember the written event's name under. */
  readonly key: string;
  /** How often it has happened, this time included. */
  readonly count: number;
  /** When it first happened, milliseconds since the epoch. */
  readonly firstMs: number;
  /** The name of the event that already says so. */
  readonly knownName: string | undefined;
}

interface Bucket {
  tokens: number;
  updatedMs: number;
}

interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Seen {
  count: number;
  readonly firstMs: number;
  name: string | undefined;
}

const capacity = 4096;
const burst = 25;
const refillMs = 300_000;
const similarLimit = 10;
const similarWindowMs = 600_000;

/**
 * Keeps a loop that repeats itself from flooding the cluster: a token bucket per object and type, one shared event from
 * the tenth different message of a kind within ten minutes, and a count on an event that says the same as before.
 * @see k8s.io/client-go v0.36.0 tools/record/events_cache.go
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #buckets = new LruMap<string, Bucket>(capacity);
  readonly #similar = new LruMap<string, Similar>(capacity);
  readonly #seen = new LruMap<string, Seen>(capacity);

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  /** `undefined` if the event is to be dropped. `source` tells apart recorders that share a correlator. */
  correlate(source: string, object: ObjectReference, event: RecordedEvent): Correlated | undefined {
    const nowMs = this.#clock.now();
    const subject = `${source} ${object.kind} ${object.namespace} ${object.name} ${object.uid} ${object.apiVersion}`;
    if (!this.#takeToken(`${subject} ${event.type}`, nowMs)) return undefined;

    const similarKey = `${subject} ${event.type} ${event.reason}`;
    const fullKey = `${similarKey} ${object.fieldPath} ${event.message}`;
    const isOneOfMany = this.#isOneOfMany(similarKey, fullKey, nowMs);
    const key = isOneOfMany ? similarKey : fullKey;
    const message = isOneOfMany ? `(combined from similar events): ${event.message}` : event.message;
    const seen = this.#seen.get(key) ?? { count: 0, firstMs: nowMs, name: undefined };
    seen.count++;
    this.#seen.set(key, seen);
    return { message, key, count: seen.count, firstMs: seen.firstMs, knownName: seen.name };
  }

  /** The event has been written under this name. */
  written(key: string, name: string): void {
    const seen = this.#seen.get(key);
    if (seen !== undefined) seen.name = name;
  }

  #takeToken(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: burst, updatedMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.updatedMs) / refillMs);
    bucket.updatedMs = nowMs;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #isOneOfMany(similarKey: string, fullKey: string, nowMs: number): boolean {
    let similar = this.#similar.get(similarKey);
    if (similar === undefined || nowMs - similar.lastMs > similarWindowMs) {
      similar = { messages: new Set(), lastMs: nowMs };
      this.#similar.set(similarKey, similar);
    }
    similar.lastMs = nowMs;
    similar.messages.add(fullKey);
    if (similar.messages.size < similarLimit) return false;
    // The first nine stay known: their repetitions go on being counted by themselves.
    similar.messages.delete(fullKey);
    return true;
  }
}

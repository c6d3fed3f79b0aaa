import { events } from "../api/core/v1/event.ts";
import type { CoreV1Event, ObjectReference } from "../api/generated/types.ts";
import { StatusError } from "../api/status.ts";
import { type Clock, timestamp } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { type Correlated, EventCorrelator } from "./event-correlator.ts";
import { EventNames, type RecordedEvent } from "./event-recorder.ts";
import { EventSender } from "./event-sender.ts";
import type { RestClient } from "./rest-client.ts";

export interface CoreEventRecorderOptions {
  /** Shown under "From" by `kubectl describe`: `replicaset-controller`. */
  readonly component: string;
  /** The node, for a kubelet's events. Default: none. */
  readonly host?: string;
}

export interface EventRecorderDeps {
  readonly client: Pick<RestClient, "create" | "patch">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
  /** Events that may wait to be written; more are dropped. Default 1000. */
  readonly maxQueued?: number;
}

/** Records v1 Events in one queue for many sources: a kubelet-sim speaks for all of its nodes. */
export interface CoreEventRecorders {
  event(source: CoreEventRecorderOptions, regarding: ObjectReference, event: RecordedEvent): void;
  run(options: { signal: AbortSignal }): Promise<void>;
}

/** Records as controllers and kubelets do. @see k8s.io/client-go v0.36.0 tools/record/event.go */
export function createCoreEventRecorders(deps: EventRecorderDeps): CoreEventRecorders {
  const { client, clock } = deps;
  const correlator = new EventCorrelator(deps);
  const names = new EventNames(deps.random);
  const sender = new EventSender({ maxQueued: deps.maxQueued }, deps);

  return {
    event(source, regarding, event) {
      const { component, host = "" } = source;
      const correlated = correlator.correlate(`${component} ${host}`, regarding, event);
      if (correlated === undefined) return;
      const now = timestamp(clock);
      const name = names.next(regarding.name ?? "", clock.now());
      sender.send(async ({ signal }) => {
        if (
          correlated.knownName !== undefined &&
          (await addToCount(correlated.knownName, correlated, regarding, now, signal))
        ) {
          return;
        }
        const body = eventBody({ name, component, host, regarding, event, correlated, now });
        await client.create(events, body, { signal });
        correlator.written(correlated.key, name);
      });
    },
    run: (options) => sender.run(options),
  };

  /** False if that event is no longer there. */
  async function addToCount(
    name: string,
    correlated: Correlated,
    regarding: ObjectReference,
    now: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { count, message } = correlated;
    const body = { count, lastTimestamp: now, message };
    try {
      await client.patch(events, { namespace: namespaceOf(regarding), name }, { type: "strategic", body }, { signal });
      return true;
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return false;
      throw error;
    }
  }
}

interface EventParts {
  readonly name: string;
  readonly component: string;
  readonly host: string;
  readonly regarding: ObjectReference;
  readonly event: RecordedEvent;
  readonly correlated: Correlated;
  readonly now: string;
}

function eventBody(parts: EventParts): CoreV1Event {
  const { name, component, host, regarding, event, correlated, now } = parts;
  return {
    kind: "Event",
    apiVersion: "v1",
    metadata: { name, namespace: namespaceOf(regarding) },
    involvedObject: regarding,
    reason: event.reason,
    message: correlated.message,
    source: { component, ...(host !== "" && { host }) },
    firstTimestamp: `${new Date(correlated.firstMs).toISOString().slice(0, 19)}Z`,
    lastTimestamp: now,
    count: correlated.count,
    type: event.type,
    reportingComponent: component,
    reportingInstance: host,
  };
}

const namespaceOf = (regarding: ObjectReference) =>
  regarding.namespace === undefined || regarding.namespace === "" ? "default" : regarding.namespace;

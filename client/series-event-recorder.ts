import { eventsV1 } from "../api/events/v1/event.ts";
import type { EventsV1Event, ObjectReference } from "../api/generated/types.ts";
import { StatusError } from "../api/status.ts";
import { microTimestamp } from "../component-base/clock.ts";
import type { EventRecorderDeps } from "./core-event-recorder.ts";
import { EventNames, type EventRecorder, type RecordedEvent } from "./event-recorder.ts";
import { EventSender } from "./event-sender.ts";
import { LruMap } from "./lru-map.ts";

export interface SeriesEventRecorderOptions {
  /** `default-scheduler`. */
  readonly controller: string;
  /** `<controller>-<hostname>`. */
  readonly instance: string;
}

/** One event as the server has it, or will have it, and what has happened since. */
interface Series {
  readonly name: string;
  readonly namespace: string;
  /** Occurrences; 1 means that it is no series yet. */
  count: number;
  /** Occurrences that the server knows of. */
  writtenCount: number;
  lastObserved: string;
  lastMs: number;
  refreshedMs: number;
}

const maxNoteBytes = 1024;
const capacity = 4096;
const maintenanceMs = 60_000;
const idleMs = 6 * 60_000;
const refreshMs = 30 * 60_000;

/**
 * Records events.k8s.io/v1 Events, as the scheduler does: the second time the same thing happens the event becomes a
 * series; later occurrences are only counted, and written every half hour and when it has been quiet for six minutes. What
 * counts as the same is everything but the note.
 * @see k8s.io/client-go v0.36.0 tools/events/event_broadcaster.go
 */
export function createSeriesEventRecorder(options: SeriesEventRecorderOptions, deps: EventRecorderDeps): EventRecorder {
  const { client, clock } = deps;
  const { controller, instance } = options;
  const names = new EventNames(deps.random);
  const sender = new EventSender({}, deps);
  const known = new LruMap<string, Series>(capacity, (_key, series) => {
    if (series.count > series.writtenCount) writeSeries(series);
  });

  function writeSeries(series: Series): void {
    const { name, namespace, count, lastObserved } = series;
    series.writtenCount = count;
    series.refreshedMs = clock.now();
    sender.send(async ({ signal }) => {
      const body = { series: { count, lastObservedTime: lastObserved } };
      try {
        await client.patch(eventsV1, { namespace, name }, { type: "strategic", body }, { signal });
      } catch (error) {
        // Its hour is over: the next occurrence makes a new event.
        if (!(error instanceof StatusError && error.code === 404)) throw error;
        series.lastMs = Number.NEGATIVE_INFINITY;
      }
    });
  }

  function maintain(): void {
    const nowMs = clock.now();
    for (const [key, series] of known.entries()) {
      const isIdle = nowMs - series.lastMs >= idleMs;
      const isDue = series.count > 1 && nowMs - series.refreshedMs >= refreshMs;
      if (series.count > series.writtenCount && (isIdle || isDue)) writeSeries(series);
      if (isIdle) known.delete(key);
    }
  }

  return {
    event(regarding, event) {
      const key = seriesKey(regarding, event);
      const now = microTimestamp(clock);
      const nowMs = clock.now();
      const series = known.get(key);
      if (series !== undefined && nowMs - series.lastMs < idleMs) {
        series.count++;
        series.lastObserved = now;
        series.lastMs = nowMs;
        if (series.count === 2) writeSeries(series);
        return;
      }
      const name = names.next(regarding.name ?? "", nowMs);
      const namespace =
        regarding.namespace === undefined || regarding.namespace === "" ? "default" : regarding.namespace;
      known.set(key, {
        name,
        namespace,
        count: 1,
        writtenCount: 1,
        lastObserved: now,
        lastMs: nowMs,
        refreshedMs: nowMs,
      });
      const body: EventsV1Event = {
        kind: "Event",
        apiVersion: "events.k8s.io/v1",
        metadata: { name, namespace },
        eventTime: now,
        reportingController: controller,
        reportingInstance: instance,
        ...(event.action !== undefined && { action: event.action }),
        reason: event.reason,
        regarding,
        ...(event.related !== undefined && { related: event.related }),
        note: truncated(event.message),
        type: event.type,
      };
      sender.send(async ({ signal }) => {
        await client.create(eventsV1, body, { signal });
      });
    },

    async run({ signal }) {
      const maintenance = async () => {
        while (!signal.aborted) {
          await clock.sleep(maintenanceMs, { signal }).catch(() => undefined);
          if (!signal.aborted) maintain();
        }
      };
      await Promise.all([sender.run({ signal }), maintenance()]);
    },
  };
}

function seriesKey(regarding: ObjectReference, event: RecordedEvent): string {
  const { type, action, reason, related } = event;
  return `${type} ${action} ${reason} ${referenceKey(regarding)} ${related === undefined ? "" : referenceKey(related)}`;
}

function referenceKey(ref: ObjectReference): string {
  return `${ref.apiVersion} ${ref.kind} ${ref.namespace} ${ref.name} ${ref.uid} ${ref.fieldPath}`;
}

function truncated(note: string): string {
  if (note.length * 3 <= maxNoteBytes || Buffer.byteLength(note) <= maxNoteBytes) return note;
  return `${Buffer.from(note)
    .subarray(0, maxNoteBytes - 4)
    .toString("utf8")
    .replace(/\uFFFD+$/, "")} ...`;
}

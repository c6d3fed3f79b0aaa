import type { Kind } from "../../api/kind.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { OpenStorage } from "../storage/open.ts";
import { storagePrefix, storedKinds } from "./etcd-request-metrics.ts";
import type { MetricSource, Sample } from "./metrics.ts";

/** What storage and the recorder count, for `/metrics`. */
export function storageMetrics(
  storage: OpenStorage,
  { recorder, kinds, etcdPrefix }: { recorder: Recorder; kinds: readonly Kind[]; etcdPrefix: string },
): MetricSource[] {
  const stored = storedKinds(kinds).map((kind) => ({ kind, prefix: storagePrefix(kind, etcdPrefix) }));
  const objects = (): Sample[] =>
    stored.map(({ kind: { group, plural }, prefix }) => ({
      labels: { group, resource: plural },
      value: storage.countBelow(prefix),
    }));
  const one = (name: string, type: "counter" | "gauge", help: string, value: () => number): MetricSource => ({
    name,
    type,
    help,
    samples: () => [{ value: value() }],
  });
  return [
    { name: "apiserver_resource_objects", type: "gauge", help: "Objects in memory.", samples: objects },
    // The older name of the same.
    { name: "apiserver_storage_objects", type: "gauge", help: "Objects in memory.", samples: objects },
    one("apiserver_storage_revision", "gauge", "Where memory stands.", () => Number(storage.metrics().revision)),
    one("apiserver_storage_watchers", "gauge", "Watchers of storage.", () => storage.metrics().watchers),
    one(
      "apiserver_storage_history_bytes",
      "gauge",
      "Size of the window of changes.",
      () => storage.metrics().historyBytes,
    ),
    one(
      "apiserver_storage_freshness_rounds_total",
      "counter",
      "Questions to etcd for the newest revision, shared by concurrent consistent reads.",
      () => storage.metrics().freshnessRounds,
    ),
    one(
      "apiserver_storage_lost_answers_total",
      "counter",
      "Writes whose answer was lost and that were settled by reading back.",
      () => storage.metrics().lostAnswers,
    ),
    one(
      "apiserver_storage_foreign_revisions_total",
      "counter",
      "Revisions that this gateway did not make: other gateways, expired leases, or a bypass.",
      () => recorder.foreignRevisions,
    ),
  ];
}

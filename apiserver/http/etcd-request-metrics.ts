import type { Kind } from "../../api/kind.ts";
import { Histogram } from "../../component-base/histogram.ts";
import type { EtcdOperation, EtcdRequestObserver } from "../storage/observer.ts";
import { family } from "./request-metrics.ts";

/** Upper bounds of the duration buckets in seconds. @see k8s.io/apiserver v0.36.0 pkg/storage/etcd3/metrics/metrics.go */
const bucketSeconds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

/** The requests about one resource. */
interface ResourceSeries {
  /** Of its keys, ending in `/`. */
  readonly prefix: string;
  readonly kind: Kind | undefined;
  readonly byOperation: Map<EtcdOperation, Histogram>;
}

/**
 * How long etcd took, by resource and operation. Keys become resources by comparison, those of the resources that were asked
 * about last first; what belongs to no one resource (the newest revision, allocated addresses) has empty labels.
 */
export class EtcdRequestMetrics implements EtcdRequestObserver {
  readonly #resources: ResourceSeries[];
  readonly #other: ResourceSeries = { prefix: "", kind: undefined, byOperation: new Map() };

  constructor(options: { readonly kinds: readonly Kind[]; readonly etcdPrefix: string }) {
    this.#resources = storedKinds(options.kinds).map((kind) => ({
      prefix: storagePrefix(kind, options.etcdPrefix),
      kind,
      byOperation: new Map(),
    }));
  }

  etcdAnswered(operation: EtcdOperation, storageKey: string, durationMs: number): void {
    const { byOperation } = this.#find(storageKey);
    let histogram = byOperation.get(operation);
    if (histogram === undefined) {
      histogram = new Histogram(bucketSeconds);
      byOperation.set(operation, histogram);
    }
    histogram.observe(durationMs);
  }

  /** Adds all series in Prometheus' text format. */
  write(out: string[]): void {
    const name = "etcd_request_duration_seconds";
    family(out, name, "histogram", "Time that etcd took for a request, by operation and resource.");
    for (const [labels, histogram] of this.#texts()) histogram.write(out, name, labels);
    family(out, "etcd_requests_total", "counter", "Requests to etcd by operation and resource.");
    for (const [labels, { count }] of this.#texts()) out.push(`etcd_requests_total{${labels}} ${count}`);
  }

  /** Moves what it finds one place to the front. */
  #find(storageKey: string): ResourceSeries {
    const resources = this.#resources;
    for (let index = 0; index < resources.length; index++) {
      const found = resources[index];
      if (found === undefined || !storageKey.startsWith(found.prefix)) continue;
      const before = resources[index - 1];
      if (before !== undefined) {
        resources[index - 1] = found;
        resources[index] = before;
      }
      return found;
    }
    return this.#other;
  }

  *#texts(): Generator<[labels: string, histogram: Histogram]> {
    for (const { kind, byOperation } of [...this.#resources, this.#other]) {
      const { group = "", plural = "" } = kind ?? {};
      for (const [operation, histogram] of byOperation) {
        yield [`group="${group}",operation="${operation}",resource="${plural}"`, histogram];
      }
    }
  }
}

/** The kinds that lie in etcd under their own name; others are views of them. */
export function storedKinds(kinds: readonly Kind[]): Kind[] {
  return kinds.filter(({ storage }) => storage !== null && storage.as === undefined);
}

/** Where the objects of a kind lie, ending in `/`; a kind that is not stored lies nowhere. */
export function storagePrefix({ storage }: Kind, etcdPrefix: string): string {
  return storage === null ? "" : `${etcdPrefix}/${storage.prefix}/`;
}

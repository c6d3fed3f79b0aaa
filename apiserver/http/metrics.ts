import type { Kind } from "../../api/kind.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { EtcdRequestMetrics } from "./etcd-request-metrics.ts";
import type { Exchange } from "./exchange.ts";
import type { InFlight } from "./limit.ts";
import { family, RequestMetrics } from "./request-metrics.ts";

interface WatchCounter {
  readonly kind: Kind;
  open: number;
  events: number;
  /** Those ended because their reader was too slow. */
  terminated: number;
}

/** A sample of a gauge or counter that is read when somebody asks. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  samples(): Iterable<Sample>;
}

/** Counts what the gateway does; written out in Prometheus' text format. */
export class Metrics {
  readonly #requests = new RequestMetrics();
  readonly #watches = new Map<Kind, WatchCounter>();
  readonly #sources: readonly MetricSource[];
  readonly #etcdRequests: EtcdRequestMetrics;
  readonly #inFlight: InFlight;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #rejected = 0;

  constructor(deps: {
    sources: readonly MetricSource[];
    etcdRequests: EtcdRequestMetrics;
    inFlight: InFlight;
    clock: Clock;
  }) {
    this.#sources = deps.sources;
    this.#etcdRequests = deps.etcdRequests;
    this.#inFlight = deps.inFlight;
    this.#clock = deps.clock;
    this.#startedMs = deps.clock.now();
  }

  requestFinished(exchange: Exchange, code: number, durationMs: number): void {
    this.#requests.finished(exchange, code, durationMs);
  }

  requestRejected(): void {
    this.#rejected++;
  }

  /** The counters that the new watch adds its events to, and its end if it was too slow. */
  watchOpened(kind: Kind): Pick<WatchCounter, "events" | "terminated"> {
    let counter = this.#watches.get(kind);
    if (counter === undefined) {
      counter = { kind, open: 0, events: 0, terminated: 0 };
      this.#watches.set(kind, counter);
    }
    counter.open++;
    return counter;
  }

  watchClosed(kind: Kind): void {
    const counter = this.#watches.get(kind);
    if (counter !== undefined) counter.open--;
  }

  text(): string {
    const out: string[] = [];
    this.#requests.write(out);
    this.#etcdRequests.write(out);
    family(out, "apiserver_longrunning_requests", "gauge", "Watches that are open.");
    for (const { kind, open } of this.#watches.values()) {
      out.push(`apiserver_longrunning_requests{verb="WATCH",${kindLabels(kind)}} ${open}`);
    }
    family(out, "apiserver_watch_events_total", "counter", "Events sent to watchers.");
    for (const { kind, events } of this.#watches.values()) {
      out.push(`apiserver_watch_events_total{${kindLabels(kind)}} ${events}`);
    }
    family(out, "apiserver_terminated_watchers_total", "counter", "Watches ended because their reader was too slow.");
    for (const { kind, terminated } of this.#watches.values()) {
      out.push(`apiserver_terminated_watchers_total{${kindLabels(kind)}} ${terminated}`);
    }
    family(out, "apiserver_current_inflight_requests", "gauge", "Requests being served.");
    for (const [kind, count] of Object.entries(this.#inFlight.current)) {
      out.push(`apiserver_current_inflight_requests{request_kind="${kind}"} ${count}`);
    }
    family(out, "apiserver_flowcontrol_rejected_requests_total", "counter", "Requests answered 429.");
    out.push(`apiserver_flowcontrol_rejected_requests_total ${this.#rejected}`);
    for (const source of [...this.#sources, ...this.#processSources()]) writeSource(out, source);
    return `${out.join("\n")}\n`;
  }

  #processSources(): MetricSource[] {
    const usage = process.cpuUsage();
    const one = (name: string, type: "counter" | "gauge", help: string, value: number): MetricSource => ({
      name,
      type,
      help,
      samples: () => [{ value }],
    });
    return [
      one("process_cpu_seconds_total", "counter", "CPU time used.", (usage.user + usage.system) / 1e6),
      one("process_resident_memory_bytes", "gauge", "Resident memory.", process.memoryUsage.rss()),
      one("process_start_time_seconds", "gauge", "Start of the process, Unix time.", this.#startedMs / 1000),
      one("process_uptime_seconds", "gauge", "Age of the process.", (this.#clock.now() - this.#startedMs) / 1000),
    ];
  }
}

const kindLabels = (kind: Kind) => `group="${kind.group}",version="${kind.version}",resource="${kind.plural}"`;

function writeSource(out: string[], { name, type, help, samples }: MetricSource): void {
  family(out, name, type, help);
  for (const { labels, value } of samples()) {
    const pairs = Object.entries(labels ?? {}).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    out.push(`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`);
  }
}
